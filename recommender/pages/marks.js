// The marks of an editor: pins and bans in the list of an article, and articles never to show.
// Kept in this browser until they are cleared; given out as a file of settings.

const trayBar = document.getElementById("tray");
const marksKey = `marks-${document.getElementById("data").dataset.key}`;
const marks = new Map(keptMarks());  // JSON of [kind, id] or [kind, id, other] -> true

function keptMarks() {
  try {
    const kept = JSON.parse(localStorage.getItem(marksKey) ?? "[]");
    return kept.filter((key) => Array.isArray(JSON.parse(key))).map((key) => [key, true]);
  } catch {  // storage is blocked or holds something else: start anew
    return [];
  }
}

/** Make a switch for a mark; a pin and a ban of the same entry exclude each other. */
function markSwitch(kind, name, ...ids) {
  const key = JSON.stringify([kind, ...ids]);
  const other = JSON.stringify([kind === "pin" ? "ban" : "pin", ...ids]);
  const button = make("button", { class: "mark", type: "button", "aria-pressed": marks.has(key), "data-mark": key }, name);
  button.addEventListener("click", () => {
    if (!marks.delete(key)) {
      marks.set(key, true);
      if (kind !== "never") marks.delete(other);
    }
    tellMarks();
  });
  return button;
}

/** The switches of an entry in the list of `seed`. */
const entryMarks = (seed, entry) => make("div", { class: "marks", role: "group", "aria-label": `Mark ${entry.title}` },
  markSwitch("pin", "Pin", seed.id, entry.id), markSwitch("ban", "Ban here", seed.id, entry.id));

const neverSwitch = (article) => markSwitch("never", "Never show", article.id);

function tellMarks() {
  try { localStorage.setItem(marksKey, JSON.stringify([...marks.keys()])); } catch { /* blocked: the file stays */ }
  for (const button of document.querySelectorAll("[data-mark]")) {
    button.setAttribute("aria-pressed", marks.has(button.dataset.mark));
  }
  const kinds = [...marks.keys()].map((key) => JSON.parse(key)[0]);
  const number = (kind) => kinds.filter((name) => name === kind).length;
  const parts = [["pin", "pinned"], ["ban", "banned"], ["never", "never shown"]]
    .filter(([kind]) => number(kind)).map(([kind, what]) => `${number(kind)} ${what}`);
  trayBar.hidden = !marks.size;
  trayBar.querySelector("p").textContent = marks.size ? `Your marks: ${parts.join(", ")}.` : "";
}

/** A text of TOML; JSON strings are TOML strings but for the DEL character. */
const tomlText = (text) => JSON.stringify(text).replaceAll("\x7f", "\\u007f");

function editorialToml() {
  const all = [...marks.keys()].map((key) => JSON.parse(key));
  const list = (ids) => `[${ids.map(tomlText).join(", ")}]`;
  const lines = ["# Saved from the report or the preview of recommender."];
  for (const [kind, key] of [["pin", "show"], ["ban", "never"]]) {
    const own = all.filter(([one]) => one === kind);
    for (const seed of new Set(own.map(([, id]) => id))) {
      lines.push("", `[[${kind}]]`, `on = ${tomlText(seed)}`, `${key} = ${list(own.filter(([, id]) => id === seed).map(([, , other]) => other))}`);
    }
  }
  const never = all.filter(([kind]) => kind === "never").map(([, id]) => id);
  if (never.length) lines.push("", "[[never]]", `show = ${list(never)}`);
  return lines.join("\n") + "\n";
}

function makeTray() {
  const save = make("button", { class: "mark save", type: "button" }, "Save editorial.toml");
  const clear = make("button", { class: "mark", type: "button" }, "Clear");
  save.addEventListener("click", () => download("editorial.toml", "application/toml", editorialToml()));
  clear.addEventListener("click", () => { marks.clear(); tellMarks(); });
  trayBar.append(make("div", { class: "frame" }, make("p", { role: "status" }), save, clear));
  tellMarks();
}

makeTray();
