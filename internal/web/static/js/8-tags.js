// Tags in open pages follow what admins do with them: every pill, choice and filter shows
// the new name or colour at once, what was merged shows what it became, what was deleted
// goes. A filter that is open on such a tag follows.
(function () {
  "use strict";
  const parley = window.parley;
  const { $, all } = parley;

  // What happened to a tag, as the live connection tells it.
  parley.tagChanged = async function (kind, id) {
    let choice = null;
    if (kind !== "tag.deleted") {
      const html = await parley.fragment("/tags/" + id);
      choice = html && parley.elements(html)[0];
      if (!choice) return; // gone meanwhile: its own event comes
    }
    if (kind === "tag.created") all('[data-picker="tags"]').forEach((picker) => parley.addChoice(picker, choice.cloneNode(true)));
    else if (choice) became(id, choice);
    else gone(id);
    options(kind, id, choice);
    if (kind === "tag.deleted" || kind === "tag.merged") {
      all("#tag-" + CSS.escape(id)).forEach((row) => row.remove());
    }
    if (kind !== "tag.created") filters(kind, id, choice);
  };

  const quoted = (id) => '"' + CSS.escape(id) + '"';
  const boxes = (id) => all("[data-picker-plain] input[value=" + quoted(id) + "]");

  // The tag has another name or colour, or is another one now.
  function became(id, choice) {
    const box = $("input", choice), pill = $(".pill", choice);
    boxes(id).forEach((old) => {
      const picker = old.closest("[data-picker]"), other = box.value !== id && $("input[value=" + quoted(box.value) + "]", picker);
      if (other) {
        other.checked = other.checked || old.checked;
        old.closest("label").remove();
      } else {
        old.value = box.value;
        old.dataset.name = box.dataset.name;
        old.dataset.colour = box.dataset.colour;
      }
      picker.dispatchEvent(new Event("parley:tags"));
    });
    all("[data-tag=" + quoted(id) + "]").forEach((old) => {
      const list = old.closest(".pills");
      if (box.value !== id && list && $("[data-tag=" + quoted(box.value) + "]", list)) old.remove();
      else old.replaceWith(pill.cloneNode(true));
    });
  }

  function gone(id) {
    boxes(id).forEach((old) => {
      const picker = old.closest("[data-picker]");
      old.closest("label").remove();
      picker.dispatchEvent(new Event("parley:tags"));
    });
    all("[data-tag=" + quoted(id) + "]").forEach((old) => old.remove());
  }

  // Drop-downs that choose among tags.
  function options(kind, id, choice) {
    if (kind === "tag.created") {
      const { value, dataset } = $("input", choice);
      all("select[data-tags]").forEach((select) => { if (!$("option[value=" + quoted(value) + "]", select)) select.append(new Option(dataset.name, value)); });
      return;
    }
    all("option[value=" + quoted(id) + "]").forEach((option) => {
      const select = option.closest("select");
      if (!choice) {
        if (!option.selected) option.remove();
        return;
      }
      const { value, dataset } = $("input", choice), other = value !== id && $("option[value=" + quoted(value) + "]", select);
      if (other) {
        if (option.selected) other.selected = true;
        option.remove();
      } else {
        option.value = value;
        option.textContent = dataset.name;
      }
    });
  }

  // A list that is filtered by the tag follows: its address, its rows, and the chips that
  // say by what it is filtered, or that something is missing.
  async function filters(kind, id, choice) {
    const form = $("form[data-filters]");
    if (!form || !location.search.includes(id)) return;
    if (kind === "tag.merged") {
      all("input[value=" + quoted(id) + "]", form).forEach((input) => { input.value = $("input", choice).value; });
      history.replaceState(history.state, "", location.href.replaceAll(id, $("input", choice).value));
    }
    if (kind !== "tag.changed") form.dispatchEvent(new Event("change", { bubbles: true }));
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const old = $(".chips"), fresh = $(".chips", page);
      if (old && fresh) old.replaceWith(document.adoptNode(fresh));
    } catch (e) { /* the network is away: the list is as it was */ }
  }
})();
