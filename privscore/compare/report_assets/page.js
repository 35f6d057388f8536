// Draws every plot of the page; says in its place what went wrong with one that cannot be drawn.
(async () => {
  const specs = JSON.parse(document.getElementById("plots").textContent);
  let drawn = 0;
  for (const place of document.querySelectorAll("[data-plot]")) {
    try {
      const spec = vegaLite.compile(specs[place.dataset.plot]).spec;
      const runtime = vega.parse(spec, null, { ast: true }); // interpreted: the page allows no eval
      const view = new vega.View(runtime, { expr: vegaExpression, renderer: "svg" });
      await view.initialize(place).hover().runAsync();
      drawn += 1;
    } catch (error) {
      place.textContent = `This plot could not be drawn: ${error}`;
    }
  }
  document.body.dataset.drawn = drawn;
})();
