// Choosing rows of the table of contacts (T2). The boxes belong to the form of the bar, which
// is there without this too; with it the bar appears once something is chosen.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;

  function show() {
    const bar = $("[data-bulk]"), head = $("[data-pick-all]");
    if (!bar) return;
    const boxes = all("[data-pick]"), matching = $("[data-pick-matching]", bar), picked = boxes.filter((b) => b.checked).length;
    boxes.forEach((b) => { b.disabled = matching.checked; });
    bar.hidden = !picked && !matching.checked;
    $("[data-picked]", bar).textContent = matching.checked ? "" : picked + " selected";
    const tooMany = !matching.checked && picked > Number(bar.dataset.most);
    $("[data-too-many]", bar).hidden = !tooMany;
    $("button", bar).disabled = tooMany;
    const total = $("#contacts-total");
    if (total) $("[data-matching]", bar).textContent = total.textContent;
    if (!head) return;
    head.checked = matching.checked || (boxes.length > 0 && picked === boxes.length);
    head.indeterminate = !matching.checked && picked > 0 && picked < boxes.length;
  }

  document.addEventListener("change", (event) => {
    const head = event.target.closest("[data-pick-all]");
    if (head) {
      const matching = $("[data-pick-matching]");
      if (matching && !head.checked) matching.checked = false;
      all("[data-pick]").forEach((b) => { b.checked = head.checked; });
    }
    if (head || event.target.closest("[data-pick], [data-pick-matching]")) show();
  });
  // A form has room for so many values only: the ids go as one.
  document.addEventListener("formdata", (event) => {
    if (event.target.id !== "bulk-bar") return;
    const ids = event.formData.getAll("id");
    event.formData.delete("id");
    if (ids.length) event.formData.append("id", ids.join(","));
  });
  parley.onReady(show);
})();
