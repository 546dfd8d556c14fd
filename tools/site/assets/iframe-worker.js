// Browsers start no worker from a file: where the site is opened from a disk, the search runs in a hidden frame instead.
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.loaded = new Promise((resolve) => {
        const start = () => {
          const inside = this.frame.contentWindow;
          inside.postMessage = (data) => this.answer(structuredClone(data));
          const script = inside.document.createElement("script");
          script.src = url;
          script.onload = () => resolve(inside);
          script.onerror = () => this.onerror?.(new Error(`cannot load ${url}`));
          inside.document.head.append(script);
        };
        const append = () => { document.body.append(this.frame); start(); };
        document.body ? append() : addEventListener("DOMContentLoaded", append);
      });
    }
    postMessage(data) {
      const copy = structuredClone(data); // as a worker would have one: both sides change what they hold
      this.loaded.then((inside) => inside.onmessage({ data: copy }));
    }
    answer(data) {
      setTimeout(() => this.onmessage?.({ data }));
    }
    terminate() {
      this.frame.remove();
    }
  };
}
