// Rows of phones and e-mails in a contact's form: one more, one less, without going to the
// server for it.
(function () {
  "use strict";
  const { all, $ } = window.parley;

  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more-rows]"), drop = event.target.closest("[data-drop]");
    if (!more && !drop) return;
    event.preventDefault();
    const list = (more || drop).closest("[data-rows]"), rows = all(".identity-row", list);
    if (more) {
      const last = rows[rows.length - 1], row = last.cloneNode(true);
      clear(row);
      $("input[type=radio]", row).checked = false;
      last.after(row);
      number(list);
      $("input", row).focus();
      return;
    }
    const row = drop.closest(".identity-row");
    if (rows.length === 1) {
      clear(row);
    } else {
      const main = $("input[type=radio]", row).checked;
      row.remove();
      if (main) $("input[type=radio]", list).checked = true;
      number(list);
    }
    $("input", list).focus();
  });

  function clear(row) {
    all("input:not([type=radio])", row).forEach((input) => { input.value = ""; });
    all("p", row).forEach((p) => p.remove());
    row.removeAttribute("data-invalid");
    $("input", row).removeAttribute("aria-invalid");
    $("input", row).removeAttribute("aria-describedby");
  }

  // Gives each row the number it has now, in what it posts and in what it is called.
  function number(list) {
    all(".identity-row", list).forEach((row, n) => {
      const text = $("input", row), id = text.id.replace(/-\d+$/, "");
      text.id = n === 0 ? id : id + "-" + (n + 1);
      $("input[type=radio]", row).value = n;
      $("[data-drop]", row).value = list.dataset.rows + "." + n;
      all("[aria-label]", row).forEach((part) => part.setAttribute("aria-label", part.getAttribute("aria-label").replace(/\d+$/, n + 1)));
    });
  }
})();
