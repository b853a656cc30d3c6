// Which theme the page has, and when it changes. `root.dataset.theme` is light, dark or contrast; the style sheet and
// the canvas follow it. JupyterLab's theme is asked first: `prefers-color-scheme` does not follow it.

export type Theme = "light" | "dark" | "contrast";

const forced = "(forced-colors: active)";
const prefersDark = "(prefers-color-scheme: dark)";

export function themeOf(root: HTMLElement): Theme {
  if (matchMedia(forced).matches) return "contrast";
  const { body, documentElement: html } = document;
  const lab = body.dataset["jpThemeLight"];
  if (lab !== undefined) return lab === "true" ? "light" : "dark";
  const code = body.dataset["vscodeThemeKind"] ?? "";
  if (code) return code.includes("light") ? "light" : "dark";
  const named = html.getAttribute("theme") ?? html.dataset["theme"] ?? body.dataset["theme"];
  if (named === "dark" || named === "light") return named;
  if (html.classList.contains("dark") || body.classList.contains("dark")) return "dark";
  return ground(root) ?? (matchMedia(prefersDark).matches ? "dark" : "light");
}

/** The theme that the nearest opaque background behind the widget suggests. */
function ground(root: HTMLElement): Theme | null {
  for (let at = root.parentElement; at; at = at.parentElement) {
    const [r, g, b, alpha] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (r === undefined || g === undefined || b === undefined || alpha === 0) continue;
    return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
  }
  return null;
}

export function followTheme(root: HTMLElement, signal: AbortSignal, changed: () => void): void {
  const apply = (): void => {
    const theme = themeOf(root);
    if (root.dataset["theme"] === theme) return;
    root.dataset["theme"] = theme;
    changed();
    // A host may set its theme's variables a moment after it has named the theme.
    setTimeout(() => !signal.aborted && changed(), 400);
  };
  apply();
  const observer = new MutationObserver(apply);
  for (const target of [document.documentElement, document.body]) {
    observer.observe(target, { attributes: true });
  }
  signal.addEventListener("abort", () => observer.disconnect());
  for (const query of [forced, prefersDark]) {
    matchMedia(query).addEventListener("change", apply, { signal });
  }
}

export const stillness = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
