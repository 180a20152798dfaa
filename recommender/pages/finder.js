// Needs of the page: `readable`, the articles to find, and `choose(article)`.

const finder = document.getElementById("finder");
const found = document.getElementById("found");
const told = document.getElementById("told");

// --- Finding: a combobox over a listbox, after the ARIA Authoring Practices ---

const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
let haystacks;  // folded on first use; a large page opens faster for it
let options = [];
let active = -1;

/** Every word must occur; where all occur in the title at the start of words comes first. */
function matches(query) {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (!words.length) return readable.slice(0, 8);
  haystacks ??= readable.map((article) => {
    const title = " " + fold(article.title).replace(/[^\p{L}\p{M}\p{N}]+/gu, " ");
    return { article, title, all: fold([article.title, article.category, ...(article.tags ?? [])].join(" ")) };
  });
  const rankOf = ({ title, all }) =>
    words.every((word) => title.includes(" " + word)) ? 0
      : words.every((word) => title.includes(word)) ? 1
        : words.every((word) => all.includes(word)) ? 2 : 3;
  const ranked = haystacks.map((hay) => [rankOf(hay), hay.article]).filter(([rank]) => rank < 3);
  return ranked.sort((a, b) => a[0] - b[0]).map(([, article]) => article);
}

function open() {
  const all = matches(finder.value);
  options = all.slice(0, 8);
  found.replaceChildren(...options.map((article, i) => {
    const option = make("li", { role: "option", id: `option-${i}`, "aria-selected": "false", lang: article.lang },
      make("span", { class: "name", dir: "auto" }, article.title),
      make("span", { class: "meta" }, deskOf(article), dateOf(article, "short")));
    // Down, not click: the field must not lose focus, or the list closes first.
    option.addEventListener("pointerdown", (event) => event.preventDefault());
    option.addEventListener("click", () => choose(article));
    return option;
  }));
  if (!options.length) found.append(make("li", { class: "none", role: "presentation" }, "No article has these words"));
  told.textContent = finder.value ? `${count(all.length, "article")} found` : "Latest articles";
  found.hidden = false;
  finder.setAttribute("aria-expanded", "true");
  mark(-1);
}

function close() {
  found.hidden = true;
  finder.setAttribute("aria-expanded", "false");
  mark(-1);
}

function mark(i) {
  found.children[active]?.setAttribute("aria-selected", "false");
  active = i;
  const option = options[i] && !found.hidden ? found.children[i] : undefined;
  if (!option) return finder.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  finder.setAttribute("aria-activedescendant", option.id);
}

finder.addEventListener("input", open);
finder.addEventListener("click", open);
finder.addEventListener("blur", close);
finder.addEventListener("keydown", (event) => {
  if (event.isComposing) return;  // Enter and arrows belong to the Japanese input method
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const closed = found.hidden;
    if (closed) open();
    // From the field, down is the first and up the last; past either end is the field again.
    const places = options.length + 1;
    mark((active + 1 + step + places) % places - 1);
  } else if (event.key === "Enter" && !found.hidden && options.length) {
    choose(options[Math.max(active, 0)]);
  } else if (event.key === "Escape") {
    event.preventDefault();
    if (found.hidden) finder.value = "";
    else close();
  }
});
