// The tag picker: check boxes become chips and a field that filters as one types. The
// boxes stay in the form, so what is sent is the same with and without this. Arrows walk
// through the tags, Enter puts one on, Backspace takes the last one off, Escape closes.
// Admins make a tag from it; agents are offered what there is (T1).
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;
  let count = 0;

  function make(tag, className, attributes) {
    const el = document.createElement(tag);
    if (className) el.className = className;
    Object.entries(attributes || {}).forEach(([name, value]) => el.setAttribute(name, value));
    return el;
  }

  // What people look for is compared as the server does it (crm.Fold), whether two names
  // of tags are one, as crm.TagKey does.
  parley.fold = (text) => text.normalize("NFKD").replace(/[\p{Mn}\p{Cf}]/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
  const key = (name) => name.trim().replace(/\s+/g, " ").normalize("NFC").toLowerCase().normalize("NFC");

  // Puts the box of a tag among those of a picker, by name. A picker that had none before
  // is built now.
  parley.addChoice = function (picker, choice) {
    const plain = $("[data-picker-plain]", picker), name = parley.fold($("input", choice).dataset.name);
    if ($('input[value="' + $("input", choice).value + '"]', plain)) return;
    all(":scope > :not(label)", plain).forEach((el) => el.remove()); // "There are no tags yet"
    const next = all(":scope > label", plain).find((label) => parley.fold($("input", label).dataset.name) > name);
    if (next) next.before(choice);
    else plain.append(choice);
    if (picker.dataset.built) picker.dispatchEvent(new Event("parley:tags"));
    else build(picker);
  };

  function build(picker) {
    const plain = $("[data-picker-plain]", picker);
    const boxes = () => all("input[type=checkbox]", plain);
    const makes = picker.hasAttribute("data-makes");
    if (picker.dataset.built || !(boxes().length || makes)) return;
    picker.dataset.built = "1";
    plain.hidden = true;
    const id = "picker-" + ++count;
    const box = make("div", "picker-box");
    const field = make("input", "", { type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", "aria-label": "Add a tag", autocomplete: "off", maxlength: "60", placeholder: "Add a tag" });
    const list = make("div", "picker-list", { id, role: "listbox", "aria-label": "Tags" });
    const none = make("div", "picker-none", { role: "option", "aria-disabled": "true", "aria-selected": "false" });
    list.hidden = true;
    box.append(field);
    picker.append(box, list);
    let active = -1;

    function pill(b) {
      const el = make("span", "pill tone-" + b.dataset.colour);
      const name = make("span", "", { dir: "auto" });
      name.textContent = b.dataset.name;
      el.append(name);
      return el;
    }

    function chips() {
      all(".pill", box).forEach((el) => el.remove());
      boxes().filter((b) => b.checked).forEach((b) => {
        const chip = pill(b);
        const off = make("button", "", { type: "button", "aria-label": "Remove " + b.dataset.name, tabindex: "-1" });
        off.textContent = "×";
        off.addEventListener("click", () => { set(b, false); field.focus(); });
        chip.append(off);
        box.insertBefore(chip, field);
      });
    }

    function set(b, on) {
      b.checked = on;
      b.dispatchEvent(new Event("change", { bubbles: true }));
      chips();
      show();
    }

    // What there is to choose: tags that are not on, and at the end a tag to be made.
    function choices() {
      const text = parley.fold(field.value);
      const found = boxes().filter((b) => !b.checked && parley.fold(b.dataset.name).includes(text));
      if (makes && text && !boxes().some((b) => key(b.dataset.name) === key(field.value))) found.push(null);
      return found;
    }

    async function choose(b) {
      const name = field.value.trim();
      field.value = "";
      if (b) { set(b, true); return; }
      const choice = await makeTag(name);
      if (!choice) { if (!field.value) field.value = name; return; }
      all("[data-picker]").forEach((other) => parley.addChoice(other, choice.cloneNode(true)));
      const made = $('input[value="' + $("input", choice).value + '"]', plain);
      if (made) set(made, true);
    }

    function show() {
      const found = choices();
      active = Math.min(active, found.length - 1);
      if (active < 0 && field.value && found.length) active = 0;
      list.replaceChildren(...found.map((b, i) => {
        const item = make("div", "menu-item" + (i === active ? " active" : ""), { role: "option", id: id + "-" + i, "aria-selected": String(i === active) });
        if (b) item.append(pill(b));
        else {
          const words = make("span", "clip"), name = make("span", "strong", { dir: "auto" });
          name.textContent = field.value.trim();
          words.append("Make the tag ", name);
          item.append(words);
        }
        item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(b); });
        return item;
      }));
      if (!found.length) {
        none.textContent = field.value && !boxes().some((b) => b.checked && parley.fold(b.dataset.name) === parley.fold(field.value))
          ? "No tag of that name. Admins make tags under Settings." : field.value ? "This tag is on." : "All tags are on.";
        list.append(none);
      }
      if (active >= 0) {
        field.setAttribute("aria-activedescendant", id + "-" + active);
        list.children[active].scrollIntoView({ block: "nearest" });
      } else field.removeAttribute("aria-activedescendant");
    }

    function open(yes) {
      list.hidden = !yes;
      field.setAttribute("aria-expanded", String(yes));
      if (!yes) { active = -1; field.removeAttribute("aria-activedescendant"); }
      if (yes) show();
    }

    field.addEventListener("focus", () => open(true));
    field.addEventListener("click", () => open(true));
    field.addEventListener("blur", () => { open(false); field.value = ""; });
    field.addEventListener("input", (event) => { event.stopPropagation(); active = -1; open(true); });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const found = choices();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open(true);
        if (found.length) active = active < 0 && event.key === "ArrowUp" ? found.length - 1 : (active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
        show();
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        if (active >= 0 && active < found.length) choose(found[active]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        event.preventDefault();
        open(false);
      } else if (event.key === "Backspace" && !field.value) {
        const on = boxes().filter((b) => b.checked);
        if (on.length) set(on[on.length - 1], false);
      }
    });
    // Enter chooses; it never sends the form by the way.
    field.addEventListener("keypress", (event) => { if (event.key === "Enter") event.preventDefault(); });
    // Tags came, went or have another name (8-tags.js).
    picker.addEventListener("parley:tags", () => { chips(); if (!list.hidden) show(); });
    box.addEventListener("click", () => field.focus());
    chips();
  }

  // Makes a tag; answers with its box, or null after saying why not.
  async function makeTag(name) {
    try {
      const answer = await fetch("/settings/tags", { method: "POST", credentials: "same-origin", headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, body: new URLSearchParams({ name }) });
      const el = parley.elements(await answer.text())[0];
      if (answer.ok) return el;
      parley.notice(el && $("p", el) ? $("p", el).textContent : "The tag could not be made.");
    } catch (e) {
      parley.notice("The server cannot be reached. Try again in a moment.");
    }
    return null;
  }

  parley.onReady(() => all("[data-picker]").forEach(build));
})();
