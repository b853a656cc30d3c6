// Paths of the open head: whom it feeds and who feeds it by weights, and what one path does, by a run.

import { choice } from "../shared/choice.ts";
import { fill, h } from "../shared/dom.ts";
import { type Head, nameOf } from "../shared/heads.ts";
import { number } from "../shared/numbers.ts";
import type { Link } from "../shared/runtime.ts";
import { headOf, type HeadsState, type RawCard, type RawLink, type RawRoute } from "./state.ts";

const VIA = { q: "queries", k: "keys", v: "values" };

export class Paths {
  readonly element = h("div", { class: "iw-heads-paths" });
  private readonly feeds = h("div", { class: "iw-heads-links" });
  private readonly fed = h("div", { class: "iw-heads-links" });
  private readonly pick: HTMLButtonElement;
  private readonly route = h("p", { class: "iw-heads-route", role: "status" });
  private readonly asks: HTMLElement;
  private via: keyof typeof VIA = "q";
  private head: Head = [0, 0];
  /** The next head picked in the grid is the receiver. */
  picking = false;

  constructor(
    private readonly link: Link<HeadsState>,
    private readonly changed: () => void,
    signal: AbortSignal,
  ) {
    this.pick = h("button", { type: "button", "data-key": "pick", "aria-pressed": "false" }, "Pick the head it feeds");
    this.pick.addEventListener("click", () => this.wait(!this.picking), { signal });
    const logits = h("button", { type: "button", "data-key": "logits" }, "Into the logits");
    logits.addEventListener("click", () => this.ask(nameOf(this.head), "logits"), { signal });
    const via = choice("through its", VIA, (by) => (this.via = by as keyof typeof VIA), signal);
    via.set(this.via);
    this.asks = h("div", { class: "iw-heads-asks" }, this.pick, via.element, logits);
    this.element.append(h("div", { class: "iw-heads-part" }, "Paths"), this.feeds, this.fed, this.asks, this.route);
    for (const list of [this.feeds, this.fed]) list.addEventListener("click", (event) => this.follow(event), { signal });
  }

  show(head: Head, card: RawCard | undefined): void {
    const { link } = this;
    this.head = head;
    listed(this.feeds, "Feeds", card?.feeds ?? [], nameOf(head));
    listed(this.fed, "Is fed by", card?.fed ?? [], null);
    const live = link.read("live");
    const paired = link.read("prompts").length > 1;
    this.asks.hidden = !live || !paired || link.read("answer") === "";
    const { sender, receiver } = link.read("route");
    this.route.textContent = link.read("sender") === "" ? "" : said(link.read("route"), sender === link.read("sender") && receiver === link.read("receiver"), paired);
    this.element.hidden = !card?.feeds.length && !card?.fed.length && this.asks.hidden;
    this.pick.setAttribute("aria-pressed", String(this.picking));
  }

  wait(picking: boolean): void {
    this.picking = picking;
    this.changed();
  }

  /** The head picked in the grid: what it reads from the open one, if it can. */
  receive(head: Head): string {
    if (head[0] <= this.head[0]) return `${nameOf(head)} does not come after ${nameOf(this.head)}: pick a head of a later layer.`;
    const { heads, kvHeads } = this.link.read("shown");
    const index = this.via === "q" ? head[1] : Math.floor((head[1] * kvHeads) / heads);
    this.picking = false;
    this.ask(nameOf(this.head), `L${head[0]}.${this.via}.${index}`);
    return "";
  }

  private ask(sender: string, receiver: string): void {
    this.picking = false;
    this.link.act({ do: "path", sender, receiver }, { sender, receiver });
  }

  private follow(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>("button[data-sender]");
    if (button && this.link.read("prompts").length > 1) this.ask(button.dataset["sender"]!, button.dataset["receiver"]!);
    else if (button) {
      const [layer, head] = headOf(button.dataset["other"]!);
      this.link.act({ do: "open", layer, head }, { opened: [layer, head] });
    }
  }
}

function listed(into: HTMLElement, label: string, links: readonly RawLink[], sender: string | null): void {
  into.hidden = links.length === 0;
  const button = ([place, other, score, above]: RawLink): HTMLElement =>
    h("button", { type: "button", "data-key": `${place}<${sender ?? other}`, "data-sender": sender ?? other, "data-receiver": place, "data-other": other, title: `composition ${number(score)}, ${number(above)} above random weights` }, sender === null ? `${other} → ${place.split(".")[1]}` : place, h("small", {}, ` +${number(above).replace(/^0/, "")}`));
  fill(into, h("span", {}, label), ...links.map(button));
}

/** A measured path in words. */
function said(route: RawRoute, known: boolean, paired: boolean): string {
  const { sender, receiver, metric, effect, share, ends } = route;
  if (!paired) return "What a path does takes a pair of prompts: clean=, corrupt=, answer=.";
  if (!known || metric === "" || effect === undefined || !ends) return "measuring the path …";
  const way = share == null ? "" : `, ${number(100 * share, Math.abs(share) < 0.1 ? 1 : 0)} % of the way to the corrupt run`;
  return `${sender} → ${receiver}: with only this path from the corrupt run, ${metric} changes by ${number(effect)}${way} (clean ${number(ends[0])}, corrupt ${number(ends[1])}).`;
}
