// Keeping what is seen: a menu whose entries make a file and hand it to the browser.

import { h } from "./dom.ts";

export type Maker = () => Blob | Promise<Blob>;

/** A menu "Save" with one entry for each kind of file. */
export function keepMenu(stem: string, makers: Record<string, Maker>, failed: (why: string) => void, signal: AbortSignal): HTMLElement {
  const menu = h("details", { class: "iw-menu" }, h("summary", {}, "Save"));
  const list = h("div", { class: "iw-entries" });
  for (const [kind, make] of Object.entries(makers)) {
    const entry = h("button", { type: "button" }, kind);
    entry.addEventListener("click", async () => {
      menu.open = false;
      try {
        handOver(await make(), `${stem}.${kind.toLowerCase()}`);
      } catch (error) {
        failed(`Could not save ${kind}: ${String(error)}`);
      }
    }, { signal });
    list.append(entry);
  }
  menu.append(list);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }, { signal });
  document.addEventListener("pointerdown", (event) => {
    if (!event.composedPath().includes(menu)) menu.open = false;
  }, { signal });
  return menu;
}

function handOver(blob: Blob, name: string): void {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** One line of a CSV file (RFC 4180). */
export function csvLine(fields: readonly (string | number)[]): string {
  return fields.map((f) => (/[",\r\n]/.test(String(f)) ? `"${String(f).replaceAll('"', '""')}"` : String(f))).join(",");
}

/** A drawing as a standalone SVG file: what the style sheet gave it is written into it. */
export function svgBlob(svg: SVGSVGElement): Blob {
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
}

/** The same drawing as PNG, twice as fine as on the screen. */
export async function pngBlob(svg: SVGSVGElement): Promise<Blob> {
  const [width, height] = [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))];
  const image = new Image();
  const text = await svgBlob(svg).text();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const scale = Math.min(2, 16_000 / Math.max(width, height));
  const canvas = h("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture"))), "image/png"));
}
