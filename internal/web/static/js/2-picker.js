// The tag picker: check boxes become chips and a field that filters as one types. The
// boxes stay in the form, so what is sent is the same with and without this.
(function () {
  "use strict";
  const { $, all } = window.parley;
  let count = 0;

  function make(tag, className, attributes) {
    const el = document.createElement(tag);
    if (className) el.className = className;
    Object.entries(attributes || {}).forEach(([name, value]) => el.setAttribute(name, value));
    return el;
  }

  function build(picker) {
    const plain = $("[data-picker-plain]", picker);
    const boxes = all("input[type=checkbox]", plain);
    if (picker.dataset.built || !boxes.length) return;
    picker.dataset.built = "1";
    plain.hidden = true;
    const id = "picker-" + ++count;
    const box = make("div", "picker-box");
    const field = make("input", "", { type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", "aria-label": "Add a tag", autocomplete: "off", placeholder: "Add a tag" });
    const list = make("div", "picker-list", { id, role: "listbox", "aria-label": "Tags" });
    const none = make("div", "picker-none", { role: "option", "aria-disabled": "true", "aria-selected": "false" });
    list.hidden = true;
    box.append(field);
    picker.append(box, list);
    let active = -1;

    function chips() {
      all(".pill", box).forEach((pill) => pill.remove());
      boxes.filter((b) => b.checked).forEach((b) => {
        const pill = make("span", "pill tone-" + b.dataset.colour);
        const name = make("span", "", { dir: "auto" });
        name.textContent = b.dataset.name;
        const off = make("button", "", { type: "button", "aria-label": "Remove " + b.dataset.name, tabindex: "-1" });
        off.textContent = "×";
        off.addEventListener("click", () => { set(b, false); field.focus(); });
        pill.append(name, off);
        box.insertBefore(pill, field);
      });
    }

    function set(b, on) {
      b.checked = on;
      b.dispatchEvent(new Event("change", { bubbles: true }));
      chips();
      show();
    }

    function matches() {
      const text = field.value.trim().toLocaleLowerCase();
      return boxes.filter((b) => !b.checked && b.dataset.name.toLocaleLowerCase().includes(text));
    }

    function show() {
      const found = matches();
      active = Math.min(active, found.length - 1);
      if (active < 0 && field.value && found.length) active = 0;
      list.replaceChildren(...found.map((b, i) => {
        const item = make("div", "menu-item" + (i === active ? " active" : ""), { role: "option", id: id + "-" + i, "aria-selected": String(i === active) });
        const pill = make("span", "pill tone-" + b.dataset.colour);
        const name = make("span", "", { dir: "auto" });
        name.textContent = b.dataset.name;
        pill.append(name);
        item.append(pill);
        item.addEventListener("mousedown", (event) => { event.preventDefault(); field.value = ""; set(b, true); });
        return item;
      }));
      if (!found.length) {
        none.textContent = field.value ? "No tag of that name. Admins make tags under Settings." : "All tags are on.";
        list.append(none);
      }
      if (active >= 0) field.setAttribute("aria-activedescendant", id + "-" + active);
      else field.removeAttribute("aria-activedescendant");
    }

    function open(yes) {
      list.hidden = !yes;
      field.setAttribute("aria-expanded", String(yes));
      if (!yes) active = -1;
      if (yes) show();
    }

    field.addEventListener("focus", () => open(true));
    field.addEventListener("click", () => open(true));
    field.addEventListener("blur", () => { open(false); field.value = ""; });
    field.addEventListener("input", (event) => { event.stopPropagation(); active = -1; open(true); });
    field.addEventListener("keydown", (event) => {
      const found = matches();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open(true);
        if (found.length) active = (active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
        show();
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        if (found[active]) { field.value = ""; set(found[active], true); }
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        open(false);
      } else if (event.key === "Backspace" && !field.value) {
        const on = boxes.filter((b) => b.checked);
        if (on.length) set(on[on.length - 1], false);
      }
    });
    box.addEventListener("click", () => field.focus());
    chips();
  }

  window.parley.onReady(() => all("[data-picker]").forEach(build));
})();
