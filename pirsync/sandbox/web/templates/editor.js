// The page as it is typed into: what changed goes back as small edits, so that all other bytes stay as they are.
"use strict";
(() => {
  const root = document.querySelector(".editing");
  const form = document.querySelector("#edit-form");
  const BLOCK = new Set(["P", "DIV", "UL", "OL", "LI", "BLOCKQUOTE"]);
  const MARKS = { B: "strong", STRONG: "strong", I: "em", EM: "em", U: "u", S: "s", CODE: "code", SUB: "sub", SUP: "sup" };

  // ---- from what is on screen to parts

  function parts(node, used) {
    const found = [];
    for (const child of node.childNodes) found.push(...part(child, used));
    return found;
  }

  function part(node, used) {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.data.replace(/\u00a0/g, " ");
      return text ? [{ text }] : [];
    }
    if (node.nodeType !== Node.ELEMENT_NODE || node.classList.contains("pick")) return [];
    const { mention, date, keep, n } = node.dataset;
    if (mention) return [{ mention }];
    if (date) return [{ date }];
    if (keep) return [{ keep: Number(keep) }];
    if (node.tagName === "BR") return isLast(node) ? [] : [{ break: true }];
    const inner = parts(node, used);
    if (n && !used.has(n)) {
      used.add(n);
      return [{ like: Number(n), parts: inner }];
    }
    const tag = MARKS[node.tagName] || (BLOCK.has(node.tagName) ? node.tagName.toLowerCase().replace("div", "p") : "");
    return tag && tag !== "blockquote" ? [{ tag, parts: inner }] : inner;
  }

  // A browser ends a block with a line break of its own, which nobody typed.
  function isLast(br) {
    let next = br.nextSibling;
    while (next && ((next.nodeType === Node.TEXT_NODE && !next.data.trim()) || next.classList?.contains("pick"))) next = next.nextSibling;
    return !next;
  }

  function content(block) {
    const found = parts(block, new Set());
    return block.matches("td, th, ul, ol") ? found : found.flatMap((p) => (p.tag === "p" ? [{ break: true }, ...p.parts] : [p]));
  }

  const blocks = [...root.querySelectorAll("[data-block]")];
  const before = new Map(blocks.map((block) => [block, JSON.stringify(content(block))]));

  function edits() {
    const found = [];
    for (const block of blocks) {
      const now = content(block);
      if (JSON.stringify(now) !== before.get(block)) found.push({ block: Number(block.dataset.block), parts: now });
    }
    for (const added of root.querySelectorAll("[data-after]")) {
      found.push({ after: Number(added.dataset.after), parts: content(added) });
    }
    for (const row of root.querySelectorAll("tr[data-new]")) {
      found.push({ table: Number(row.dataset.new), cells: [...row.cells].map((cell) => parts(cell, new Set())) });
    }
    return found;
  }

  // ---- what a person does

  function insert(cell, piece, mode) {
    const pick = cell.querySelector(".pick");
    if (mode === "people") {
      const line = [...cell.querySelectorAll(":scope > p")].pop() || cell;
      line.insertBefore(piece, line === cell ? pick : null);
      if (line.textContent.trim() !== piece.textContent && piece.previousSibling) piece.before(" ");
      return;
    }
    const first = cell.querySelector("p");
    const line = document.createElement("p");
    if (first?.dataset.n) line.dataset.n = first.dataset.n;
    line.append(piece);
    for (const old of [...cell.childNodes]) if (old !== pick) old.remove();
    cell.prepend(line);
  }

  function pill(css, key, value, text) {
    const piece = document.createElement("span");
    piece.className = css;
    piece.dataset[key] = value;
    piece.contentEditable = "false";
    piece.textContent = text;
    return piece;
  }

  function choosePerson(picker) {
    if (!picker.value) return;
    const name = picker.selectedOptions[0].textContent;
    insert(picker.closest("td"), pill("mention", "mention", picker.value, `@${name}`), picker.dataset.mode);
    picker.value = "";
  }

  let typing = false;
  root.addEventListener("change", (event) => {
    const picker = event.target;
    if (picker.matches(".pick-person") && !typing) choosePerson(picker);
    if (picker.matches(".pick-date") && picker.value >= "1900") {
      // A year that is typed digit by digit passes through the first century.
      const day = new Date(`${picker.value}T00:00:00Z`);
      const shown = day.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
      insert(picker.closest("td"), pill("date", "date", picker.value, shown), "date");
    }
  });

  // Each key changes the choice, so by keyboard a person is chosen only by Enter or by going on.
  root.addEventListener("keydown", (event) => {
    const picker = event.target;
    if (!picker.matches(".pick-person")) return;
    typing = event.key !== "Enter" && event.key !== " ";
    if (event.key === "Escape") picker.value = "";
    if (event.key !== "Enter") return;
    event.preventDefault();
    choosePerson(picker);
  });
  root.addEventListener("focusout", (event) => {
    typing = false;
    if (event.target.matches(".pick-person")) choosePerson(event.target);
  });

  root.addEventListener("click", (event) => {
    const button = event.target.closest(".add-row");
    if (!button) return;
    const table = root.querySelector(`table[data-table="${button.dataset.for}"]`);
    const row = root.querySelector(`template[data-new-row="${button.dataset.for}"]`).content.firstElementChild.cloneNode(true);
    row.dataset.new = button.dataset.for;
    (table.tBodies[table.tBodies.length - 1] || table.createTBody()).append(row);
    row.cells[0].focus();
  });

  // A prompt gives way to the first word typed; a picker survives when its cell is emptied.
  const pickers = new WeakMap();
  root.addEventListener("focusin", (event) => {
    const block = event.target.closest?.("[contenteditable=true]");
    const pick = block?.querySelector(".pick");
    if (pick) pickers.set(block, pick);
  });
  root.addEventListener("click", (event) => {
    const prompt = event.target.closest(".placeholder");
    if (!prompt?.closest("[contenteditable=true]")) return;
    const range = document.createRange();
    range.selectNode(prompt);
    prompt.closest("[contenteditable=true]").focus();
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  });
  root.addEventListener("beforeinput", (event) => {
    const block = event.target.closest?.("[contenteditable=true]");
    const at = getSelection().anchorNode;
    const line = (at?.nodeType === Node.ELEMENT_NODE ? at : at?.parentElement)?.closest("p, li, td, th") || block;
    if (event.inputType?.startsWith("insert")) line?.querySelectorAll(".placeholder").forEach((prompt) => prompt.remove());
  });
  root.addEventListener("input", (event) => {
    const block = event.target.closest?.("[contenteditable=true]");
    const pick = pickers.get(block);
    if (pick && !block.contains(pick)) block.append(pick);
  });

  // Enter in a paragraph or heading begins a new paragraph; elsewhere the browser knows what to do.
  root.addEventListener("keydown", (event) => {
    const block = event.target.closest?.("[contenteditable=true]");
    if (event.key !== "Enter" || event.shiftKey || !block || block.matches("td, th, ul, ol")) return;
    event.preventDefault();
    const caret = getSelection().getRangeAt(0);
    caret.deleteContents();
    caret.setEndAfter(block.lastChild || block);
    const added = document.createElement("p");
    if (block.lastChild) added.append(caret.extractContents());
    added.contentEditable = "true";
    added.dataset.after = block.dataset.block || block.dataset.after;
    block.after(added);
    added.focus();
  });

  root.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });

  document.execCommand("defaultParagraphSeparator", false, "p");
  let saving = false;
  form.addEventListener("submit", () => {
    saving = true;
    form.elements.edits.value = JSON.stringify(edits());
  });
  window.addEventListener("beforeunload", (event) => {
    if (!saving && edits().length) event.preventDefault();
  });
})();
