// What a recovery means, for a reader who meets the word for the first time: it depends on what is patched, and which way.

import { number } from "../shared/numbers.ts";
import { baseTokens, type Bar, byPosition, placeOf, type RawShown } from "./state.ts";

type Size = "over" | "whole" | "part" | "none" | "against";

function sizeOf(value: number): Size {
  if (value > 1.1) return "over";
  if (value >= 0.9) return "whole";
  if (value >= 0.1) return "part";
  return value > -0.1 ? "none" : "against";
}

/** Clean into corrupt asks whether a place is enough; corrupt into clean, whether the answer needs it. */
const MEANT: Record<RawShown["direction"], Record<Size, string>> = {
  denoise: {
    over: "That is more than the clean run itself has: elsewhere something holds back what this place pushes.",
    whole: "So this place alone is enough to bring the clean answer back.",
    part: "So this place is enough for that part of it; the rest sits elsewhere, or needs several places at once.",
    none: "So alone it brings next to nothing back: what tells the answers apart is not here, or not enough without other places.",
    against: "So here the clean run’s value works against the clean answer.",
  },
  noise: {
    over: "That is further than the corrupt run itself: elsewhere something leaned on this place.",
    whole: "So the answer needs this place: without it, nothing of it is left.",
    part: "So the answer needs this place that much; other places hold up the rest.",
    none: "So the answer does without this place: what it needs is not here, or has copies elsewhere.",
    against: "So the answer gets stronger without this place, which had worked against it.",
  },
};

function role(raw: RawShown, pos: number): string {
  switch (raw.mode) {
    case "position":
      return pos === baseTokens(raw).length - 1 ? "The next token is read from this position, so what counts has to get here in some layer." : "A patch here works until attention has carried the information on to later positions.";
    case "attention":
      return "Attention moves information between positions.";
    case "mlp":
      return "An MLP works on each position by itself: it looks up or combines what is already there.";
    case "head":
      return "A head moves its own share of what the layer’s attention moves.";
    case "all":
      return "";
  }
}

/** One bar in words. */
export function meaning(raw: RawShown, bar: Bar, pos: number, head: number): string {
  const measured = !Number.isNaN(bar.exact);
  const value = measured ? bar.exact : bar.estimate;
  if (Number.isNaN(value)) return "Not known yet, or the two runs do not differ in the metric.";
  const [from, into] = raw.direction === "denoise" ? ["clean", "corrupt"] : ["corrupt", "clean"];
  const did = `Giving the ${into} run ${placeOf(raw, pos, head)} of the ${from} run, at layer ${bar.layer},`;
  if (raw.mode === "all" && !raw.align) return `${did} hands it everything that later layers read. So it becomes the ${from} run, and the bar is 1.0 for any model: this says nothing about layer ${bar.layer}.`;
  const average = raw.pairs[0] > 1 ? `, on average over ${raw.pairs[0]} pairs` : "";
  const share = `${number(100 * value, 0)} % of the way to the ${from} run${average}${measured ? "" : " (by the gradient’s estimate)"}`;
  return `${did} moves it ${share}. ${MEANT[raw.direction][sizeOf(value)]} ${role(raw, byPosition(raw) ? pos : -1)}`.trim();
}

/** What a site carried elsewhere did, in words. */
export function movedMeaning(raw: RawShown, site: [string, string], from: string, to: string, value: number): string {
  const [other, base] = raw.direction === "denoise" ? ["clean", "corrupt"] : ["corrupt", "clean"];
  const did = `What the ${other} run holds in ${site[0]} at ${from} was put into ${site[1]} of the ${base} run at ${to}.`;
  const moved = `That moves it ${number(100 * value, 0)} % of the way to the ${other} run.`;
  const size = sizeOf(value);
  const same = site[0] === site[1] && from === to;
  if (same) return `${did} ${moved} The same place in both runs: this is the plain patch.`;
  const read: Record<Size, string> = {
    over: "There it pushes further than the whole other run.",
    whole: "So what sits there is read in much the same way where it was put.",
    part: "So part of what sits there is read where it was put.",
    none: "Where it was put, later layers make nothing of it: another depth or position speaks another language, or nothing reads there.",
    against: "There it works the other way.",
  };
  return `${did} ${moved} ${read[size]}`;
}
