"use strict";
// The page around a picture: zoom, pan, search, folding, the panel. All text is set as text, never as HTML.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const find = (id) => document.getElementById(id);
  const { picture, opened } = JSON.parse(find("picture").textContent);
  const open = new Set(opened), boxes = new Map(), around = new Map();
  const view = { x: 0, y: 0, k: 1 };
  let laid = null, chosen = null, drawing = 0;

  (function index(inside, outer) {
    for (const box of inside.boxes) {
      boxes.set(box.id, box);
      around.set(box.id, outer);
      if (box.inside) index(box.inside, [...outer, box.id]);
    }
  })(picture.inside, []);

  // ---- drawing

  function made(tag, attributes = {}, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function shape(one) {
    const roles = [one.fill && `f-${one.fill}`, one.line && `l-${one.line}`, one.mono && "mono", one.body && "body"].filter(Boolean).join(" ");
    if (!one.path) {
      const places = { x: one.x, y: one.y, "font-size": one.size, "text-anchor": one.anchor };
      return made("text", { class: roles, "font-weight": one.bold ? 600 : undefined, ...places }, one.text);
    }
    const d = one.path.map((step) => step.join(" ")).join(" ");
    return made("path", { class: roles, d, "stroke-width": one.width, "stroke-dasharray": one.dash?.join(" ") });
  }

  function group(item) {
    const shapes = item.shapes.map(shape);
    if (!item.box) return made("g", { class: "edge", "data-ends": JSON.stringify([item.edge.source[0], item.edge.target[0]]) }, ...shapes);
    const box = boxes.get(item.box), frame = item.open;
    const control = { tabindex: frame ? undefined : 0, role: frame ? undefined : "button", "aria-label": frame ? undefined : told(box) };
    const expanded = !frame && Drawing.folds(box) ? String(open.has(box.id)) : undefined;
    return made("g", { class: "box", "data-id": box.id, ...control, "aria-expanded": expanded }, ...shapes);
  }

  const told = (box) => [box.name, box.what, ...Object.keys(box.weights.states)].join(", ");

  // Lays out anew; the box `kept` stays where it is on the screen, and without one the whole is fitted in.
  function draw(kept, after) {
    const before = kept && placeOf(kept), turn = ++drawing, focused = document.activeElement?.dataset?.id;
    Drawing.layout(picture, open, (found) => {
      if (turn !== drawing) return;
      laid = found;
      find("trouble").textContent = "";
      find("scene").replaceChildren(...found.items.map(group));
      const legend = Drawing.legend(picture, open, 620);
      find("legend").setAttribute("width", legend.width);
      find("legend").setAttribute("height", legend.height);
      find("legend").replaceChildren(...legend.shapes.map(shape));
      const now = before && placeOf(kept);
      if (now) move(view.x + (before.x - now.x) * view.k, view.y + (before.y - now.y) * view.k, view.k);
      else fit();
      mark();
      if (focused) element(focused)?.focus({ preventScroll: true });
      after?.();
    });
  }

  const placeOf = (id) => laid?.items.find((item) => item.box === id)?.place;
  const element = (id) => [...find("scene").querySelectorAll(".box[tabindex]")].find((one) => one.dataset.id === id);

  // ---- moving

  function move(x, y, k) {
    Object.assign(view, { x, y, k });
    find("scene").setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
  }

  function zoom(by, at = middle()) {
    const k = Math.min(4, Math.max(0.05, view.k * by));
    move(at.x - ((at.x - view.x) * k) / view.k, at.y - ((at.y - view.y) * k) / view.k, k);
  }

  const middle = () => ({ x: find("canvas").clientWidth / 2, y: find("canvas").clientHeight / 2 });

  function fit() {
    const { clientWidth: w, clientHeight: h } = find("canvas");
    const k = Math.min(1.25, (w - 40) / laid.width, (h - 40) / laid.height);
    const legible = Math.max(k, 0.45); // a long picture begins at its top
    move((w - laid.width * legible) / 2, legible > k ? 20 : (h - laid.height * k) / 2, legible);
  }

  function centre(id) {
    const place = placeOf(id), at = middle();
    if (place) move(at.x - (place.x + place.width / 2) * view.k, at.y - (place.y + Math.min(place.height, 200) / 2) * view.k, view.k);
  }

  // ---- folding and choosing

  function turn(id) {
    if (!Drawing.folds(boxes.get(id))) return;
    open.has(id) ? open.delete(id) : open.add(id);
    draw(id);
    if (chosen === id) panel(id);
  }

  function choose(id) {
    chosen = id;
    panel(id);
    mark();
  }

  function show(id) {
    for (const outer of around.get(id)) open.add(outer);
    choose(id);
    draw(null, () => { view.k = Math.max(view.k, 0.8); centre(id); element(id)?.focus({ preventScroll: true }); });
  }

  function mark() {
    const wanted = matches();
    for (const one of find("scene").children) {
      const { id, ends } = one.dataset;
      one.classList.toggle("chosen", id !== undefined && id === chosen);
      one.classList.toggle("near", ends !== undefined && JSON.parse(ends).includes(chosen));
      const hit = id !== undefined && wanted?.some((box) => box.id === id || box.id.startsWith(`${id}.`));
      one.classList.toggle("dim", wanted !== null && !hit);
    }
  }

  function unfoldLevel() {
    const closed = [...boxes.values()].filter((box) => Drawing.folds(box) && !open.has(box.id));
    const seen = closed.filter((box) => around.get(box.id).every((outer) => open.has(outer)));
    for (const box of seen) open.add(box.id);
    draw(null);
  }

  // ---- the panel

  function html(tag, text, name) {
    const one = document.createElement(tag);
    if (text !== undefined) one.textContent = text;
    if (name) one.className = name;
    return one;
  }

  function rows(title, pairs) {
    if (!pairs.length) return [];
    const table = html("table");
    for (const [name, value] of pairs) {
      const row = html("tr");
      row.append(html("td", name), html("td", value));
      table.append(row);
    }
    return [html("h3", title), table];
  }

  const ports = (list) => list.map((port) => [port.name || "·", port.type]);

  function panel(id) {
    const box = boxes.get(id), { weights } = box;
    const parts = [html("h2", box.name), html("p", box.kind === "repeat" ? `${box.what}, ${box.times} times in a loop` : box.what, "soft")];
    for (const [name, wholly] of Object.entries(weights.states)) {
      const word = name === "adapted" ? "adapted (LoRA)" : name;
      parts.push(html("span", wholly ? word : `${word} in part`, `badge ${name}`));
    }
    if (Drawing.folds(box)) {
      const button = html("button", open.has(id) ? "fold" : "unfold");
      button.id = "turn";
      button.addEventListener("click", () => { turn(id); find("turn")?.focus(); });
      const line = html("p");
      line.append(button);
      parts.push(line);
    }
    if (box.doc) parts.push(html("p", box.doc));
    parts.push(...rows("takes", ports(box.takes)), ...rows("gives", ports(box.gives)));
    parts.push(...rows("arguments", Object.entries(box.arguments)), ...rows("weights", owned(box)));
    parts.push(...rows("a step of training", Object.entries(box.cost)));
    if (box.place) parts.push(html("h3", "source"), html("p", box.place));
    if (box.code) parts.push(html("pre", box.code));
    find("facts").replaceChildren(...parts);
    find("panel").hidden = false;
  }

  // The model itself, while no box is chosen.
  function about() {
    const facts = [html("h2", picture.title), html("p", picture.file, "soft"), html("p", picture.doc)];
    find("facts").replaceChildren(...facts, ...rows("a step of training", Object.entries(picture.figures)));
    find("panel").hidden = false;
  }

  function owned({ weights, shares }) {
    if (shares) return [["shared with", shares]];
    if (!weights.tensors) return [];
    const files = weights.files.length ? [["from", weights.files.join(", ")]] : [];
    return [["parameters", weights.size.toLocaleString("en")], ["trainable", weights.trainable.toLocaleString("en")], ["tensors", String(weights.tensors)], ...files];
  }

  // ---- search

  const MOST = 40;

  function matches() {
    const words = find("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    return [...boxes.values()].filter((box) => {
      const text = [box.id, box.what, ...box.gives.map((port) => port.type), ...Object.keys(box.weights.states)].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  function list() {
    const found = (find("search") === document.activeElement ? matches() : null) ?? [];
    find("found").replaceChildren(...found.slice(0, MOST).map((box) => {
      const item = html("li"), button = html("button", box.id);
      button.append(" ", html("small", box.what));
      button.addEventListener("click", () => { find("found").replaceChildren(); find("search").value = ""; show(box.id); });
      item.append(button);
      return item;
    }));
    mark();
  }

  // ---- what the reader does

  const canvas = find("canvas");
  const boxAt = (target) => target.closest?.(".box")?.dataset.id;

  function onKnob(id, event) {
    const place = placeOf(id), area = canvas.getBoundingClientRect();
    const x = (event.clientX - area.left - view.x) / view.k, y = (event.clientY - area.top - view.y) / view.k;
    const edge = place.x + place.width - (boxes.get(id).kind === "repeat" && !open.has(id) ? 6 : 0);
    return Drawing.folds(boxes.get(id)) && x > edge - 25 && y < place.y + 26;
  }

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX - view.x, y: event.clientY - view.y, from: [event.clientX, event.clientY], moved: false };
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.moved ||= Math.hypot(event.clientX - drag.from[0], event.clientY - drag.from[1]) > 4;
    canvas.classList.toggle("moving", drag.moved);
    if (drag.moved) move(event.clientX - drag.x, event.clientY - drag.y, view.k);
  });
  addEventListener("pointerup", () => { canvas.classList.remove("moving"); setTimeout(() => { drag = null; }); });
  canvas.addEventListener("click", (event) => {
    const id = boxAt(event.target);
    if (drag?.moved) return;
    if (id === undefined) return forget();
    choose(id);
    if (onKnob(id, event)) turn(id);
  });
  canvas.addEventListener("dblclick", (event) => {
    const id = boxAt(event.target);
    if (id !== undefined && !onKnob(id, event)) turn(id);
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const area = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), { x: event.clientX - area.left, y: event.clientY - area.top });
  }, { passive: false });
  canvas.addEventListener("focusin", (event) => {
    const place = placeOf(boxAt(event.target));
    if (!place || !event.target.matches(":focus-visible")) return;
    const x = view.x + place.x * view.k, y = view.y + place.y * view.k;
    if (x < 0 || y < 0 || x + place.width * view.k > canvas.clientWidth || y + 60 * view.k > canvas.clientHeight) centre(boxAt(event.target));
  });

  const KEYS = { "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit, "/": () => find("search").focus(), Escape: close };
  const STEPS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

  function close() {
    find("search").value = "";
    forget();
    find("panel").hidden = true;
  }

  function forget() {
    chosen = null;
    about();
    list();
  }

  addEventListener("keydown", (event) => {
    const typing = event.target === find("search"), id = boxAt(event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || (typing && event.key !== "Escape")) return;
    if (id !== undefined && (event.key === "Enter" || event.key === " ")) {
      choose(id);
      if (event.key === "Enter") turn(id);
    } else if (STEPS[event.key] && !find("panel").contains(event.target)) {
      move(view.x + STEPS[event.key][0], view.y + STEPS[event.key][1], view.k);
    } else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key]();
    else return;
    event.preventDefault();
  });

  find("search").addEventListener("input", list);
  find("search").addEventListener("focus", list);
  find("search").addEventListener("keydown", (event) => { if (event.key === "Enter") find("found").querySelector("button")?.click(); });
  find("close").addEventListener("click", close);
  find("fit").addEventListener("click", fit);
  find("closer").addEventListener("click", () => zoom(1.25));
  find("farther").addEventListener("click", () => zoom(0.8));
  find("unfold").addEventListener("click", unfoldLevel);
  find("fold").addEventListener("click", () => { open.clear(); draw(null); });
  addEventListener("error", (event) => { find("trouble").textContent = `the picture could not be laid out: ${event.message}`; });
  about();
  draw(null);
})();
