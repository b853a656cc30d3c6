// Each style sheet once a page, whatever the number of its widgets. With a copy in every widget the browser would match
// every element against every copy, and all of them again for each widget that comes: forty stood blank for seconds.

/** Sheets by their text. Modules of a page share no code, so they meet under a name of the page. */
const SHEETS = Symbol.for("interp_widgets.sheets");

function sheetOf(css: string): CSSStyleSheet {
  const page = globalThis as { [SHEETS]?: Map<string, CSSStyleSheet> };
  const known = (page[SHEETS] ??= new Map());
  let sheet = known.get(css);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    known.set(css, sheet);
  }
  return sheet;
}

/** Gives the page that `element` is in, or the shadow tree, this sheet. It stays when the widget goes: another may come. */
export function wear(element: HTMLElement, css: string): void {
  const sheet = sheetOf(css);
  const adopt = (): void => {
    const top = element.getRootNode();
    const home = top instanceof ShadowRoot ? top : document;
    if (!home.adoptedStyleSheets.includes(sheet)) home.adoptedStyleSheets = [...home.adoptedStyleSheets, sheet];
  };
  adopt();
  if (element.isConnected) return;
  // JupyterLab draws first and puts into the page later; only then it is known whether that is a shadow tree.
  const arrival = new ResizeObserver(() => {
    arrival.disconnect();
    adopt();
  });
  arrival.observe(element);
}
