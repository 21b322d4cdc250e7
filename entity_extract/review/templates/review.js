"use strict";
// All that comes from the catalog is set as text: nothing of it becomes markup, a link or a style.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const rows = data.rows;
  const spoken = (name) => name.replaceAll("_", " ");
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  let shown = []; // places in `rows`, in the order of the list
  let current = -1; // place in `rows`
  let busy = false;

  // --- what was decided --------------------------------------------------------------------------

  const KEPT = `entity-extract review ${data.page}`;

  function restore() {
    if (data.served) return;
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) || "{}");
      for (const row of rows) if (Object.hasOwn(kept, row.key)) row.said = kept[row.key];
    } catch { /* a browser that keeps nothing for files: the download is what counts */ }
  }

  function keep() {
    const said = rows.filter((row) => row.said).map((row) => [row.key, row.said]);
    try {
      localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(said)));
    } catch { /* as above */ }
  }

  async function send(row, decision, value) {
    if (!data.served) return stand_alone(row, decision, value);
    const answer = await fetch("correction", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ row: row.place, decision, value }),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
    return said.said;
  }

  function stand_alone(row, decision, value) {
    if (decision === "undo") return null;
    const labels = { accepted: row.prediction, "not stated": "" };
    return {
      decision,
      entity_value: Object.hasOwn(labels, decision) ? labels[decision] : value,
      corrected_at: new Date().toISOString().replace(/\.\d+Z$/, "+00:00"),
    };
  }

  async function decide(decision, value = "") {
    const row = rows[current];
    if (!row || busy) return;
    if (decision === "undo" ? !row.said : !row.units.length) return;
    busy = true;
    try {
      row.said = await send(row, decision, value);
      if (!data.served) { keep(); unsaved = true; }
      $("trouble").hidden = true;
      const told = row.said ? `${row.said.decision}: ${row.said.entity_value || "not stated"}` : "taken back";
      $("live").textContent = `${spoken(row.entity)}, ${told}`;
      mark(row);
      progress();
      const next = shown[shown.indexOf(current) + 1];
      if (row.said && next !== undefined) open(next);
      else draw();
    } catch (error) {
      trouble(error instanceof TypeError ? "Not saved: the review has ended. Start it again; what was confirmed is kept." : `Not saved: ${error.message}`);
    } finally {
      busy = false;
    }
  }

  function trouble(text) {
    $("trouble").textContent = text;
    $("trouble").hidden = false;
  }

  // --- which rows --------------------------------------------------------------------------------

  function choose() {
    const [show, entity, category, status] = ["show", "entity", "category", "status"].map((id) => $(id).value);
    const states = { open: (row) => !row.said, all: () => true, accepted: (row) => row.accepted, checked: (row) => row.said };
    shown = rows.filter((row) => states[show](row)
      && (!entity || row.entity === entity.slice(1))
      && (!category || row.group === category.slice(1))
      && (!status || row.status === status.slice(1))).map((row) => row.place);
    const late = (row) => (row.confidence > 0 ? 0 : 1); // nothing was read there
    const by = $("order").value === "value" ? (row) => -row.value : (row) => row.confidence;
    shown.sort((a, b) => late(rows[a]) - late(rows[b]) || by(rows[a]) - by(rows[b]) || a - b);
    list();
    progress();
    open(shown.includes(current) ? current : shown[0] ?? -1);
  }

  function options(id, values) {
    for (const value of [...new Set(values)].sort()) {
      const option = new Option(id === "category" ? value : spoken(value), `=${value}`);
      $(id).append(option);
    }
  }

  function made(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  const answered = (row) => (row.status !== "ok" ? spoken(row.status) : row.prediction || "no answer");

  function list() {
    const items = shown.map((place) => {
      const row = rows[place];
      const button = made("button");
      button.type = "button";
      button.dataset.place = place;
      button.append(made("span", "said text", answered(row)), made("span", "mark"), made("span", "of text", [spoken(row.entity), row.group, row.name].filter(Boolean).join(" · ")));
      button.addEventListener("click", () => open(place));
      const item = made("li");
      item.append(button);
      return item;
    });
    $("list").replaceChildren(...items);
    for (const place of shown) mark(rows[place]);
  }

  const entry = (place) => $("list").querySelector(`button[data-place="${Number(place)}"]`);

  function mark(row) {
    const button = entry(row.place);
    if (!button) return;
    button.querySelector(".mark").textContent = row.said ? "✓ checked" : row.accepted ? "passes" : row.confidence ? percent(row.confidence) : "";
  }

  function progress() {
    const checked = rows.filter((row) => row.said).length;
    $("progress").textContent = `${checked} of ${rows.length} checked`;
    $("done").value = checked;
  }

  // --- the row -----------------------------------------------------------------------------------

  function open(place) {
    for (const button of $("list").querySelectorAll("[aria-current]")) button.removeAttribute("aria-current");
    current = place;
    $("row").hidden = place < 0;
    $("empty").hidden = place >= 0;
    if (place < 0) return;
    const button = entry(place);
    if (button) {
      button.setAttribute("aria-current", "true");
      const box = $("list").parentElement;
      const top = button.offsetTop - box.offsetTop;
      if (top < box.scrollTop || top + button.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - box.clientHeight / 3;
    }
    picture(rows[place]);
    draw();
    const after = rows[shown[shown.indexOf(place) + 1]];
    if (data.served && after?.size) new Image().src = `picture/${after.place}`; // fetched while one looks
  }

  function draw() {
    const row = rows[current];
    $("asked").textContent = spoken(row.entity);
    $("group").textContent = row.group;
    $("of-category").hidden = !row.group;
    $("place").textContent = `row ${shown.indexOf(current) + 1} of ${shown.length}`;
    $("said-of").textContent = row.status === "ok" ? (row.prediction ? "Answered" : "Kept silent") : "No picture was read";
    $("answer").textContent = answered(row);
    $("sure").textContent = row.status !== "ok" ? row.reason : row.confidence
      ? `${percent(row.confidence)} sure${row.prediction ? "" : ` of ${row.candidates[0]}, too little to say so`}${row.accepted ? "; passes without a look" : ""}`
      : "nothing was read that could be an answer";
    $("label").textContent = row.label === null ? "" : `The catalog's label: ${row.label || "not stated"}`;
    $("decided").hidden = $("undo").hidden = !row.said;
    if (row.said) $("decided").textContent = `Checked: ${row.said.decision}${row.said.entity_value ? `, ${row.said.entity_value}` : ""}`;
    $("accept-text").textContent = row.prediction ? "Accept" : "Accept silence";
    for (const id of ["accept", "absent"]) $(id).disabled = !row.units.length;
    candidates(row);
    typed(row);
    why(row);
    $("lines").replaceChildren(...row.lines.map((line) => made("li", "text", line)));
    $("lines").parentElement.hidden = !row.lines.length;
    boxes(row);
  }

  function candidates(row) {
    const items = row.candidates.map((text, place) => {
      const button = made("button");
      button.type = "button";
      button.append(made("span", "text", text));
      if (place === 1) button.append(made("span", "quiet", "runner-up"));
      if (place < 9) button.append(made("kbd", "", String(place + 1)));
      button.setAttribute("aria-pressed", String(row.said ? row.said.entity_value === text : row.prediction === text));
      button.addEventListener("click", () => decide("chosen", text));
      for (const event of ["mouseenter", "focus"]) button.addEventListener(event, () => boxes(row, place));
      for (const event of ["mouseleave", "blur"]) button.addEventListener(event, () => boxes(row));
      const item = made("li");
      item.append(button);
      return item;
    });
    $("candidates").replaceChildren(...(items.length ? items : [made("li", "quiet", "none was read")]));
  }

  function typed(row) {
    $("typed").hidden = !row.units.length;
    $("typed-error").textContent = "";
    $("number").value = "";
    const [, unit] = (row.prediction || row.candidates[0] || "").match(/^\S+ (.+)$/) || [];
    $("unit").replaceChildren(...row.units.map((name) => new Option(name, name, name === unit, name === unit)));
  }

  function picture(row) {
    const image = $("picture");
    $("frame").classList.remove("full");
    $("link").textContent = row.link;
    $("picture-note").textContent = "";
    $("frame").hidden = !row.size;
    $("nothing").hidden = Boolean(row.size);
    $("nothing").textContent = "No picture was read.";
    if (!row.size) return image.removeAttribute("src");
    image.alt = `The picture, in which the answer ${answered(row)} is framed`;
    image.onload = () => {
      const [width, height] = row.size;
      const changed = Math.abs(image.naturalWidth / image.naturalHeight - width / height) > 0.02 * (width / height);
      if (!image.src.startsWith("data:") && !image.src.includes("/thumbnail/") && changed) smaller(row, "The picture behind the link is another one now; as it was read, small:");
    };
    image.onerror = () => (data.served && !image.src.includes("/thumbnail/")
      ? smaller(row, "The picture cannot be had at full size now; as it was read, small:")
      : ($("frame").hidden = true, $("nothing").hidden = false));
    if (data.served) image.src = `picture/${row.place}`;
    else if (row.thumbnail) { image.src = row.thumbnail; $("picture-note").textContent = `Small; the picture has ${row.size.join(" × ")} pixels.`; }
    $("sheet").style.setProperty("--ratio", String(row.size[0] / row.size[1]));
    $("sheet").style.setProperty("--width", String(row.size[0]));
  }

  function smaller(row, note) {
    $("picture-note").textContent = note;
    $("picture").src = `thumbnail/${row.place}`;
  }

  function boxes(row, other = -1) {
    const board = $("boxes");
    board.replaceChildren();
    if (!row.size) return;
    board.setAttribute("viewBox", `0 0 ${row.size[0]} ${row.size[1]}`);
    const out = 4 / ($("sheet").clientWidth / row.size[0] || 1); // 4 px: around the letters, not on them
    const frame = (box, className) => {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const sides = { x: box[0] - out, y: box[1] - out, width: box[2] + 2 * out, height: box[3] + 2 * out };
      for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
      rect.setAttribute("class", className);
      board.append(rect);
    };
    const pair = (box, className) => { frame(box, "under"); frame(box, className); };
    if (row.box) pair(row.box, "over");
    if (other >= 0 && row.boxes[other]) pair(row.boxes[other], "over other");
  }

  // Each bar begins where the one above it ended: they lead from nothing to the answer's lead.
  function why(row) {
    $("why-card").hidden = row.status !== "ok" || !row.candidates.length;
    const told = row.why;
    $("why-about").textContent = !told ? "The model at hand did not give this answer: name the one that did with --model."
      : told.against ? `What speaks for ${row.prediction || row.candidates[0]} against ${told.against}, in log odds.`
        : "The one candidate; what speaks for it against an average one, in log odds.";
    const body = $("why").tBodies[0];
    body.replaceChildren();
    if (!told) return;
    const steps = [...told.steps, ...(Math.abs(told.rest) >= 0.005 ? [{ feature: "all others", adds: told.rest }] : [])];
    const ends = steps.reduce((sums, step) => [...sums, sums.at(-1) + step.adds], [0]);
    const low = Math.min(...ends), span = Math.max(...ends) - low || 1;
    const number = (value) => (value === null ? "–" : String(Number(value.toPrecision(3))).replace("-", "−"));
    const both = ({ value, other }) => {
      if (value === undefined) return "";
      return told.against && number(value) !== number(other) ? ` (${number(value)}, not ${number(other)})` : ` (${number(value)})`;
    };
    const line = (name, from, to, adds, className) => {
      const head = made("th", "text", name), track = made("td", "track"), bar = made("span", className);
      head.scope = "row";
      bar.style.marginInlineStart = `${(100 * (Math.min(from, to) - low)) / span}%`;
      bar.style.width = `${(100 * Math.abs(to - from)) / span}%`;
      track.append(bar);
      const tr = made("tr");
      tr.append(head, track, made("td", "number", `${adds < 0 ? "−" : "+"}${Math.abs(adds).toFixed(2)}`));
      body.append(tr);
    };
    steps.forEach((step, place) => {
      line(`${spoken(step.feature)}${both(step)}`, ends[place], ends[place + 1], step.adds, step.adds < 0 ? "against" : "");
    });
    line("lead", 0, told.lead, told.lead, "sum");
  }

  // --- keys and buttons --------------------------------------------------------------------------

  const step = (by) => {
    const next = shown[shown.indexOf(current) + by];
    if (next !== undefined) open(next);
  };
  const frames = () => { if (current >= 0) boxes(rows[current]); };
  const zoom = () => {
    $("frame").classList.toggle("full");
    frames();
  };
  const actions = {
    a: () => decide("accepted"),
    Enter: () => decide("accepted"),
    n: () => decide("not stated"),
    u: () => decide("undo"),
    t: () => { if (!$("typed").hidden && !$("row").hidden) { $("number").focus(); $("number").select(); } },
    j: () => step(1),
    ArrowRight: () => step(1),
    k: () => step(-1),
    ArrowLeft: () => step(-1),
    z: zoom,
    "?": () => $("help").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    const at = event.target;
    if (at.closest("input, select")) {
      if (event.key === "Escape") { at.blur(); $("detail").focus(); }
      return;
    }
    if (event.key === "Enter" && at.closest("button, a, summary")) return; // it does what it says
    const candidate = /^[1-9]$/.test(event.key) ? rows[current]?.candidates[Number(event.key) - 1] : undefined;
    const action = candidate === undefined ? (Object.hasOwn(actions, event.key) ? actions[event.key] : undefined) : () => decide("chosen", candidate);
    if (!action || event.repeat && !"jk".includes(event.key)) return;
    event.preventDefault();
    action();
  });

  $("accept").addEventListener("click", actions.a);
  $("absent").addEventListener("click", actions.n);
  $("undo").addEventListener("click", actions.u);
  $("previous").addEventListener("click", actions.k);
  $("next").addEventListener("click", actions.j);
  $("frame").addEventListener("click", zoom);
  addEventListener("resize", frames);
  $("help-open").addEventListener("click", actions["?"]);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("change", choose);

  $("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("number").value.trim().replace(/^(\d+),(\d+)$/, "$1.$2");
    if (!/^\d{1,12}(\.\d{1,9})?$/.test(text) || Number(text) <= 0) {
      $("typed-error").textContent = "One number above 0, such as 12.5";
      $("number").focus();
      return;
    }
    $("number").blur();
    $("detail").focus({ preventScroll: true });
    decide("typed", `${String(Number(text))} ${$("unit").value}`);
  });

  // --- the page alone: what was said, as the CSV that jobs.train reads -----------------------------

  let unsaved = false;
  const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function csv() {
    const lines = rows.filter((row) => row.said).map((row) => [
      row.link, row.group, row.entity, row.said.entity_value, row.catalog_key, row.said.decision,
      row.prediction, row.model_version, row.said.corrected_at,
    ]);
    return [data.columns, ...lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
  }

  $("download")?.addEventListener("click", () => {
    const link = made("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = "corrections.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    unsaved = false;
  });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  restore();
  options("entity", rows.map((row) => row.entity));
  options("category", rows.map((row) => row.group));
  options("status", rows.map((row) => row.status));
  $("order").value = data.order;
  choose();
  $("detail").focus({ preventScroll: true });
})();
