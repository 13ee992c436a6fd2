// Handing out conversations: one box selects all that are shown, and the rows stay current
// without losing what is selected.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;
  let timer = null;

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.dataset || !box.dataset.checkAll) return;
    all('input[name="' + box.dataset.checkAll + '"]', box.form).forEach((b) => { b.checked = box.checked; });
  });

  // Something happened to a conversation: look at the list again, a moment later.
  parley.manageChanged = function () {
    if (!$("[data-manage]") || timer) return;
    timer = window.setTimeout(refresh, 300);
  };

  // Whoever scrolled further down keeps what is there: only the first rows are looked at.
  async function refresh() {
    timer = null;
    const form = $("[data-manage]"), list = $("#manage-rows");
    const html = form && await parley.fragment(form.dataset.manage);
    if (!html || !list.isConnected || all("tr", list).length > 45) return;
    const chosen = new Set(all("input:checked", list).map((b) => b.value));
    const held = list.contains(document.activeElement) && document.activeElement.closest("tr").id;
    const what = held && document.activeElement.name;
    list.innerHTML = html;
    all("input[name=ids]", list).forEach((b) => { b.checked = chosen.has(b.value); });
    const again = held && document.getElementById(held);
    if (again) { const el = $('[name="' + what + '"]', again) || $("a", again); if (el) el.focus({ preventScroll: true }); }
    parley.ready();
  }
})();
