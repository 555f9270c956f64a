// Wakes the islands of a page once the browser has nothing better to do. Islands inside an island's
// children wait for the outer one to say that it is ready.
async function wake(js, wasm) {
  const module = await import(js);
  await module.default({ module_or_path: wasm });
  module.hydrate();
  const outer = [];
  const visit = async (element) => {
    const name = element.localName;
    if (name === "leptos-island") {
      outer.at(-1)?.();
      await module[element.dataset.component]?.(element);
    }
    if (name === "leptos-children") outer.push(element.$$on_hydrate);
    for (const child of element.children) await visit(child);
    if (name === "leptos-children") outer.pop();
  };
  await visit(document.body);
}
const whenIdle = window.requestIdleCallback ?? ((run) => setTimeout(run, 1));
