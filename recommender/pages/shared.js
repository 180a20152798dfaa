// What all pages share. The text of articles is not trusted: it only becomes text nodes (`make`).

/** Make an element: attributes by name, children as nodes or as plain text; empty ones are omitted. */
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== "") node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== ""));
  return node;
}

/** Language and direction of an article's own words; dir="auto" also keeps bidi marks inside. */
const tongue = (article) => ({ lang: article.lang, dir: "auto" });
const count = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;

function dateOf(article, month = "long") {
  if (!article.date) return undefined;
  const options = { day: "numeric", month, year: "numeric", timeZone: "UTC" };
  const day = new Date(article.date + "T00:00:00Z");
  let shown;
  try {
    shown = day.toLocaleDateString(article.lang || "en", options);
  } catch {  // not a language that this browser knows
    shown = day.toLocaleDateString("en", options);
  }
  return make("time", { datetime: article.date }, shown);
}

const deskOf = (article) => article.category && make("bdi", { class: "kicker" }, article.category);

/** Give a text to the reader as a file. */
function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** How an entry came into a list, if not by its score. */
const ORIGINS = {
  series: "part of the series", pinned: "pinned by an editor", translated: "from the original’s list",
  "backfill:series": "fills the list: same series", "backfill:category": "fills the list: same category",
  "backfill:tag": "fills the list: same tag", "backfill:similar": "fills the list: below the minimum score",
  "backfill:newest": "fills the list: newest", "backfill:linked": "fills the list: most linked",
};
const originOf = (name) => ORIGINS[name] ?? name;
