"use strict";
// A picture to shapes: what stands where, and how it looks. It runs in a page and in the engine of the
// command line alike, so there is no DOM in it; `elk-worker.min.js` stands before it, as `Elk`.
//
// Shapes are { path: [["M", x, y], ["L", x, y], ["Q", x, y, x, y], ["Z"]], fill, line, width, dash } and
// { text, x, y, size, bold, mono, anchor, fill }; `fill` and `line` are roles of palette.py.
const Drawing = (() => {
  const NARROW = /[iljtfrI.,:;'|!()[\] ]/, WIDE = /[mwMW@%]/, TALL = /[A-Z×→−+=…·]/;
  const STACK = 6; // how far the cards of a loop stand out

  // The width of a text, for the widest of the fonts that it may be shown in.
  function width(text, size, bold) {
    let sum = 0;
    for (const char of text) {
      sum += NARROW.test(char) ? 0.38 : WIDE.test(char) ? 0.96 : TALL.test(char) ? 0.71 : 0.63;
    }
    return sum * size * (bold ? 1.09 : 1);
  }

  // ---- boxes

  const isSmall = (box) => box.kind === "operation";
  const folds = (box) => box.inside !== null && box.inside.boxes.length > 0;

  function lines(box) {
    const [first, second] = box.lines, typed = ["input", "output"].includes(box.kind);
    if (isSmall(box)) return [{ text: first, size: 11, mono: true, fill: "ink" }];
    return [{ text: first, size: 13, bold: true, fill: "ink" }, { text: second, size: 11, mono: typed, fill: "soft" }];
  }

  const marks = (box) => ["frozen", "loaded", "adapted"].filter((name) => name in box.weights.states);

  function sizeOf(box) {
    const texts = lines(box).map((line) => width(line.text, line.size, line.bold));
    const room = marks(box).length * 17 + (folds(box) ? 17 : 0);
    const slant = ["input", "output", "parameter"].includes(box.kind) ? 14 : 0;
    texts[0] += isSmall(box) ? 0 : 2 * room;
    const ports = 16 * Math.max(box.takes.length, box.gives.length);
    const stack = box.kind === "repeat" ? STACK : 0;
    return isSmall(box)
      ? { width: Math.max(texts[0] + 24, 40, ports), height: 24 }
      : { width: Math.max(...texts, 60, ports) + 26 + slant + stack, height: 46 + stack };
  }

  // ---- to ELK and back

  const OPTIONS = {
    "elk.algorithm": "layered",
    "elk.direction": "DOWN",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.json.shapeCoords": "ROOT",
    "elk.json.edgeCoords": "ROOT",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    "elk.layered.considerModelOrder.strategy": "PREFER_EDGES",
    "elk.randomSeed": "1",
  };
  const SPACING = {
    "elk.spacing.nodeNode": "26",
    "elk.spacing.edgeNode": "18",
    "elk.spacing.edgeEdge": "12",
    "elk.spacing.edgeLabel": "4",
    "elk.layered.spacing.nodeNodeBetweenLayers": "22",
    "elk.layered.spacing.edgeNodeBetweenLayers": "12",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "10",
  };

  const portId = (box, side, name) => JSON.stringify([box, side, name]);

  function node(box, open) {
    const ports = [
      ...box.takes.map((port) => ["NORTH", "in", port]),
      ...box.gives.map((port) => ["SOUTH", "out", port]),
    ].map(([side, way, port]) => ({
      id: portId(box.id, way, port.name),
      width: 0,
      height: 0,
      layoutOptions: { "elk.port.side": side },
    }));
    const made = { id: box.id, ports, layoutOptions: { "elk.portConstraints": "FIXED_SIDE" } };
    if (!(folds(box) && open.has(box.id))) return { ...made, ...sizeOf(box) };
    const least = `(${sizeOf(box).width}, 60)`;
    const around = { "elk.padding": "[top=44,left=18,bottom=22,right=18]", "elk.nodeSize.minimum": least };
    const sized = { "elk.nodeSize.constraints": "[MINIMUM_SIZE, PORTS]" };
    return { ...made, ...content(box.inside, open, box.id), layoutOptions: { ...made.layoutOptions, ...SPACING, ...around, ...sized } };
  }

  // A label for each tensor, at the first of the edges that carry it; those at a border have one outside.
  function content(inside, open, owner) {
    const seen = new Set();
    const edges = inside.edges.map((edge, number) => {
      const [from, to] = [edge.source, edge.target];
      const source = from[0] ? portId(from[0], "out", from[1]) : portId(owner, "in", from[1]);
      const target = to[0] ? portId(to[0], "in", to[1]) : portId(owner, "out", to[1]);
      const told = seen.has(source) || !from[0] || !to[0] || isInput(inside, from[0]);
      seen.add(source);
      const size = { width: width(edge.type, 10.5) + 12, height: 14 };
      const placed = { "elk.edgeLabels.placement": "TAIL" };
      const labels = told ? [] : [{ text: edge.type, ...size, layoutOptions: placed }];
      return { id: `${owner} ${number}`, sources: [source], targets: [target], labels };
    });
    return { children: inside.boxes.map((box) => node(box, open)), edges };
  }

  const isInput = (inside, id) => inside.boxes.some((box) => box.id === id && box.kind === "input");

  function layout(picture, open, done) {
    const graph = { id: "", ...content(picture.inside, open, ""), layoutOptions: { ...OPTIONS, ...SPACING } };
    graph.layoutOptions["elk.padding"] = "[top=4,left=4,bottom=4,right=4]";
    const worker = new Elk.Worker();
    worker.onmessage = ({ data }) => {
      if (data.error) throw new Error(data.error.message ?? String(data.error));
      if (data.id === 1) done(shapes(picture, open, data.data));
    };
    worker.postMessage({ cmd: "register", id: 0, algorithms: ["layered"] });
    worker.postMessage({ cmd: "layout", id: 1, graph, layoutOptions: {}, options: {} });
  }

  // ---- shapes

  // The frames of opened boxes, edges above them, and above these all boxes and the titles of frames.
  function shapes(picture, open, laid) {
    const boxes = [], edges = [], heads = [];
    const fill = (inside, place) => {
      const placed = new Map(place.children.map((child) => [child.id, child]));
      for (const box of inside.boxes) {
        const at = placed.get(box.id);
        if (folds(box) && open.has(box.id)) {
          boxes.push({ box: box.id, open: true, place: at, shapes: [{ ...outline("group", at, 10), body: true }] });
          heads.push({ box: box.id, place: at, shapes: [...heading(box, at), ...icons(box, at, true)] });
          fill(box.inside, at);
        } else heads.push({ box: box.id, place: at, shapes: drawn(box, at) });
      }
      place.edges.forEach((edge, number) => edges.push({ edge: inside.edges[number], shapes: arrow(edge) }));
    };
    fill(picture.inside, laid);
    return { width: laid.width, height: laid.height, items: [...boxes, ...edges, ...heads] };
  }

  function drawn(box, at) {
    const stack = box.kind === "repeat" ? STACK : 0;
    const top = { x: at.x, y: at.y, width: at.width - stack, height: at.height - stack };
    const found = stack ? [stack, stack / 2].map((by) => outline("repeat", { ...top, x: at.x + by, y: at.y + by }, 8)) : [];
    found.push({ ...body(box, top), body: true });
    if (box.weights.states.frozen) found.push(hatching(top));
    return [...found, ...writing(box, top), ...icons(box, top, false)];
  }

  function body(box, at) {
    const { x, y, width: w, height: h } = at;
    if (box.kind === "input") return polygon(box.kind, [[x + 10, y], [x + w, y], [x + w - 10, y + h], [x, y + h]]);
    if (box.kind === "parameter") return polygon(box.kind, [[x + 12, y], [x + w - 12, y], [x + w, y + h / 2], [x + w - 12, y + h], [x + 12, y + h], [x, y + h / 2]]);
    return outline(box.kind, at, box.kind === "block" || box.kind === "repeat" ? 8 : box.kind === "head" ? 3 : Math.min(h / 2, 16));
  }

  const look = (kind) => ({ fill: `${kind}-fill`, line: `${kind}-line`, width: kind === "operation" || kind === "group" ? 1 : 1.4 });

  function polygon(kind, points) {
    const [first, ...rest] = points;
    return { path: [["M", ...first], ...rest.map((point) => ["L", ...point]), ["Z"]], ...look(kind) };
  }

  function outline(kind, { x, y, width: w, height: h }, r) {
    const path = [
      ["M", x + r, y], ["L", x + w - r, y], ["Q", x + w, y, x + w, y + r],
      ["L", x + w, y + h - r], ["Q", x + w, y + h, x + w - r, y + h],
      ["L", x + r, y + h], ["Q", x, y + h, x, y + h - r], ["L", x, y + r], ["Q", x, y, x + r, y], ["Z"],
    ];
    return { path, ...look(kind), dash: kind === "group" ? [4, 3] : undefined };
  }

  // Lines from the lower left to the upper right, on what is frozen wholly.
  function hatching({ x, y, width: w, height: h }) {
    const path = [], [left, right, top, bottom] = [x + 4, x + w - 4, y + 4, y + h - 4];
    for (let c = left + top + 8; c < right + bottom; c += 8) { // along each, x + y = c
      const [from, to] = [Math.max(left, c - bottom), Math.min(right, c - top)];
      if (to > from) path.push(["M", from, c - from], ["L", to, c - to]);
    }
    return { path, line: "hatch", width: 1 };
  }

  function writing(box, at) {
    const texts = lines(box), middle = at.x + at.width / 2;
    if (texts.length === 1) return [{ ...texts[0], x: middle, y: at.y + at.height / 2 + 4, anchor: "middle" }];
    return [
      { ...texts[0], x: middle, y: at.y + 20, anchor: "middle" },
      { ...texts[1], x: middle, y: at.y + 36, anchor: "middle" },
    ];
  }

  function heading(box, at) {
    const [title, below] = lines(box);
    const wide = Math.max(width(title.text, title.size, true), width(below.text, below.size));
    const behind = { x: at.x + 10, y: at.y + 6, width: wide + 8, height: 33 };
    return [
      { ...outline("group", behind, 4), line: undefined, dash: undefined },
      { ...title, x: at.x + 14, y: at.y + 19, anchor: "start" },
      { ...below, x: at.x + 14, y: at.y + 34, anchor: "start" },
    ];
  }

  // From the right edge: whether it opens, then what becomes of its weights.
  function icons(box, at, isOpen) {
    let x = at.x + at.width - 15;
    const y = at.y + (isSmall(box) ? 12 : 15), found = [];
    if (folds(box)) {
      found.push(...knob(x, y, isOpen));
      x -= 17;
    }
    for (const name of marks(box).reverse()) {
      found.push(...SIGNS[name](x, y, box.weights.states[name]));
      x -= 17;
    }
    return found;
  }

  function knob(x, y, isOpen) {
    const path = [["M", x - 3.5, y], ["L", x + 3.5, y], ...(isOpen ? [] : [["M", x, y - 3.5], ["L", x, y + 3.5]])];
    const frame = outline("knob", { x: x - 6, y: y - 6, width: 12, height: 12 }, 3);
    return [{ ...frame, width: 1 }, { path, line: "soft", width: 1.3 }];
  }

  const SIGNS = {
    frozen: (x, y, wholly = true) => [
      { path: [["M", x - 3, y - 1], ["L", x - 3, y - 3], ["Q", x - 3, y - 6.5, x, y - 6.5], ["Q", x + 3, y - 6.5, x + 3, y - 3], ["L", x + 3, y - 1]], line: "ink", width: 1.4 },
      { path: [["M", x - 5, y - 1], ["L", x + 5, y - 1], ["L", x + 5, y + 6], ["L", x - 5, y + 6], ["Z"]], fill: wholly ? "ink" : "page", line: "ink", width: 1.2 },
    ],
    loaded: (x, y) => [
      { path: [["M", x, y - 6], ["L", x, y + 2], ["M", x - 3.5, y - 1.5], ["L", x, y + 2], ["L", x + 3.5, y - 1.5], ["M", x - 5, y + 5.5], ["L", x + 5, y + 5.5]], line: "loaded", width: 1.6 },
    ],
    adapted: (x, y) => [
      { path: [["M", x, y - 6.5], ["L", x + 6, y], ["L", x, y + 6.5], ["L", x - 6, y], ["Z"]], fill: "adapted" },
      { path: [["M", x - 2.5, y], ["L", x + 2.5, y], ["M", x, y - 2.5], ["L", x, y + 2.5]], line: "page", width: 1.2 },
    ],
  };

  // ---- edges

  function arrow(edge) {
    const found = [];
    for (const section of edge.sections ?? []) {
      const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
      found.push({ path: rounded(points, 6), line: "edge", width: 1.3 }, head(points));
    }
    for (const label of edge.labels ?? []) {
      found.push({ text: label.text, x: label.x + 2, y: label.y + 10.5, size: 10.5, mono: true, anchor: "start", fill: "soft" });
    }
    return found;
  }

  function rounded(points, radius) {
    const path = [["M", points[0].x, points[0].y]];
    for (let i = 1; i < points.length - 1; i++) {
      const [before, here, after] = [points[i - 1], points[i], points[i + 1]];
      const [start, end] = [towards(here, before, radius), towards(here, after, radius)];
      path.push(["L", start.x, start.y], ["Q", here.x, here.y, end.x, end.y]);
    }
    const last = points[points.length - 1];
    path.push(["L", last.x, last.y]);
    return path;
  }

  function towards(from, to, most) {
    const far = Math.hypot(to.x - from.x, to.y - from.y) || 1, part = Math.min(most, far / 2) / far;
    return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
  }

  function head(points) {
    const tip = points[points.length - 1], tail = towards(tip, points[points.length - 2], 7);
    const [dx, dy] = [(tip.x - tail.x) * 0.5, (tip.y - tail.y) * 0.5];
    const corners = [[tip.x, tip.y], [tail.x - dy, tail.y + dx], [tail.x + dy, tail.y - dx]];
    return { path: [["M", ...corners[0]], ["L", ...corners[1]], ["L", ...corners[2]], ["Z"]], fill: "edge" };
  }

  // ---- the legend

  const KINDS = { input: "input", parameter: "parameter", block: "block", repeat: "loop, folded", head: "head", operation: "operation", output: "output" };
  const STATES = { frozen: "frozen (hollow: in part)", loaded: "loaded from a file", adapted: "adapted (LoRA)" };

  // What stands for what, of what is seen, in rows no wider than they may be.
  function legend(picture, open, widest) {
    const kinds = new Set(), states = new Set();
    const look = (inside) => inside.boxes.forEach((box) => {
      kinds.add(box.kind);
      marks(box).forEach((name) => states.add(name));
      if (folds(box) && open.has(box.id)) look(box.inside);
    });
    look(picture.inside);
    let [x, y, wide] = [0, 0, 0];
    const found = [];
    const put = (word, draw) => {
      const takes = 38 + width(word, 11) + 14;
      if (x > 0 && x + takes > widest) [x, y] = [0, y + 26];
      found.push(...draw(x, y), { text: word, x: x + 38, y: y + 14, size: 11, anchor: "start", fill: "soft" });
      x += takes;
      wide = Math.max(wide, x);
    };
    const empty = { weights: { states: {} } };
    for (const [kind, word] of Object.entries(KINDS)) {
      if (!kinds.has(kind)) continue;
      put(word, (x, y) => {
        const at = { x, y: y + 2, width: 30, height: 16 };
        const below = kind === "repeat" ? [outline(kind, { ...at, x: x + 3, y: y + 5 }, 4)] : [];
        return [...below, kind === "block" || kind === "repeat" ? outline(kind, at, 4) : body({ kind, ...empty }, at)];
      });
    }
    for (const [name, word] of Object.entries(STATES)) {
      if (states.has(name)) put(word, (x, y) => SIGNS[name](x + 20, y + 10));
    }
    return { width: wide, height: y + 22, shapes: found };
  }

  return { layout, legend, folds };
})();
