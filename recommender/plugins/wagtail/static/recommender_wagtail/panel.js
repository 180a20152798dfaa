// The buttons of the panel "Related suggestions": each sends its change, and shows the new list.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-recommender-action], [data-recommender-chosen]");
  const panel = button?.closest("[data-recommender]");
  if (!panel) return;
  const says = panel.querySelector("[data-recommender-says]");
  const form = new FormData();
  form.set("action", button.dataset.recommenderAction ?? "pin");
  if (button.dataset.recommenderChosen) {
    form.set("page", document.getElementById(button.dataset.recommenderChosen)?.value ?? "");
  } else {
    form.set("shown", button.dataset.recommenderShown);
  }
  button.disabled = true;
  try {
    const answer = await fetch(panel.dataset.recommender, {
      method: "POST",
      body: form,
      headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
    });
    const text = await answer.text();
    if (answer.ok) {
      panel.querySelector("[data-recommender-rows]").innerHTML = text; // escaped by the template
      says.textContent = "Saved.";
    } else {
      says.textContent = answer.status === 400 ? text : "Not saved: reload the page and try again.";
    }
  } catch {
    says.textContent = "Not saved: the site does not answer; try again later.";
  }
  button.disabled = false;
});
