/** What a person cannot read whole or reach on a page as it stands: texts that are cut off, texts and controls over each other, controls outside the window, and targets too small to hit. */
import type { Page } from "playwright-core";

/** @returns one line for each fault; empty where there is nothing to find */
export function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(findFaults);
}

/** Runs in the page: everything that it uses stands inside it. */
function findFaults(): string[] {
  interface Box {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  }
  interface Shown {
    readonly element: Element;
    readonly name: string;
    /** Where it would be if nothing was scrolled or cut. */
    readonly box: Box;
    /** What is in sight of it now. */
    readonly seen: Box | undefined;
  }
  /** WCAG 2.2, 2.5.8: pixels of CSS. */
  const leastTarget = 24;
  const controlSelector =
    "button, a[href], input, select, textarea, summary, [role=slider], [role=tab], [tabindex='0']:not([role=separator])";
  /** What lies over the page for a while, or over a photograph. */
  const overSelector = ".page-notices, .wait, .drop-here, .lesson footer, .recipe-filter";
  /** Words in a line of text, and pictures, of which every place takes the pointer. */
  const unhit = ".term, a, .photo, .space-view";
  const faults = new Set<string>();
  const open = [...document.querySelectorAll("dialog:modal, :popover-open")].at(-1);
  const root = open ?? document.body;

  const nameOf = (element: Element) => {
    const own = element.getAttribute("aria-label") ?? (element.textContent || element.outerHTML);
    const place = element.closest("[aria-label]:not(button, input, select), header, aside, dialog");
    const where = place?.getAttribute("aria-label") ?? place?.className ?? "";
    const classes = element.getAttribute("class");
    const kind = `${element.localName}${element.id || !classes ? "" : `.${classes}`}`;
    return `${kind} "${own.trim().slice(0, 40)}" in ${where}`;
  };
  const isShown = (element: Element) => {
    const { width, height } = element.getBoundingClientRect();
    const isThere = element.checkVisibility({ visibilityProperty: true });
    return isThere && width * height > 1 && !element.closest(".unseen, [inert]");
  };
  const boxOf = ({ left, top, right, bottom }: Box): Box => ({ left, top, right, bottom });
  const meet = (a: Box, b: Box): Box | undefined => {
    const box = {
      left: Math.max(a.left, b.left),
      top: Math.max(a.top, b.top),
      right: Math.min(a.right, b.right),
      bottom: Math.min(a.bottom, b.bottom),
    };
    return box.left < box.right && box.top < box.bottom ? box : undefined;
  };

  /** Ancestors that cut or scroll it: those between it and what it is placed by do not. */
  function* framesOf(element: Element): Generator<Element> {
    let { position } = getComputedStyle(element);
    for (let one = element.parentElement; one; one = one.parentElement) {
      if (position === "fixed") return;
      const style = getComputedStyle(one);
      const places = style.position !== "static" || style.containerType !== "normal";
      if (position === "absolute" && !places) continue;
      position = style.position;
      if (style.overflowX !== "visible" || style.overflowY !== "visible") yield one;
      if (one.matches("dialog:modal, :popover-open")) return;
    }
  }

  /** @returns what cuts it off for good, and what is in sight of it */
  const reach = (element: Element, box: Box, isOwnFrame: boolean, allowance: number) => {
    let here: Box = box;
    let seen: Box | undefined = box;
    const frames = isOwnFrame ? [element, ...framesOf(element)] : [...framesOf(element)];
    for (const frame of frames) {
      if (frame === document.documentElement || frame === document.body) continue;
      const { overflowX, overflowY, textOverflow } = getComputedStyle(frame);
      const edge = frame.getBoundingClientRect();
      seen = seen && meet(seen, edge);
      for (const [overflow, start, end] of [
        [overflowX, "left", "right"],
        [overflowY, "top", "bottom"],
      ] as const) {
        if (overflow === "visible") continue;
        if (overflow === "auto" || overflow === "scroll") {
          if (edge[end] - edge[start] < leastTarget) return { cut: "a strip", seen };
          here = { ...here, [start]: edge[start], [end]: edge[end] };
          continue;
        }
        if (here[start] >= edge[start] - allowance && here[end] <= edge[end] + allowance) continue;
        // What is shortened on purpose is told in full where one points at it.
        const isTold = textOverflow === "ellipsis" && element.closest("[title]") !== null;
        if (isTold && start === "left") {
          here = { ...here, left: edge.left, right: edge.right };
          continue;
        }
        return { cut: `${start} by ${nameOf(frame)}`, seen };
      }
    }
    const window = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    const isOut =
      here.left < -allowance ||
      here.top < -allowance ||
      here.right > innerWidth + allowance ||
      here.bottom > innerHeight + allowance;
    return { cut: isOut ? "the window" : undefined, seen: seen && meet(seen, window) };
  };

  // Texts: cut off, or over each other.
  const texts: Shown[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    const element = node.parentElement!;
    if (
      !/\S/.test(node.data) ||
      element.closest("option, script, style, svg, math, .photo, .overlays")
    )
      continue;
    if (!isShown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      if (line.width < 2) continue;
      const { cut, seen } = reach(element, boxOf(line), true, line.height / 4);
      const name = nameOf(element);
      if (cut !== undefined) faults.add(`cut off: ${name} by ${cut}`);
      texts.push({ element, name, box: line, seen });
    }
  }
  for (const [i, a] of texts.entries()) {
    for (const b of texts.slice(i + 1)) {
      const over = a.element !== b.element && a.seen && b.seen && meet(a.seen, b.seen);
      if (!over || over.right - over.left < 2) continue;
      const least = Math.min(a.box.bottom - a.box.top, b.box.bottom - b.box.top);
      const isAside = a.element.closest(overSelector) !== b.element.closest(overSelector);
      if (over.bottom - over.top > 0.4 * least && !isAside) {
        faults.add(`over each other: ${a.name} and ${b.name}`);
      }
    }
  }

  // Controls: out of reach, beneath something, too small.
  const targets: Shown[] = [];
  for (const element of root.querySelectorAll(controlSelector)) {
    if (!isShown(element)) continue;
    const isTicked = element.matches("[type=radio], [type=checkbox]");
    const target = (isTicked ? element.closest("label") : undefined) ?? element;
    const box = boxOf(target.getBoundingClientRect());
    const name = nameOf(target);
    const { cut, seen } = reach(element, box, false, 2);
    if (cut !== undefined) faults.add(`out of reach: ${name}, cut off by ${cut}`);
    targets.push({ element: target, name, box, seen });
    if (element.matches("select, input") && element.scrollWidth > element.clientWidth + 1) {
      if (!element.closest("[title]") && !element.matches("input:not(:placeholder-shown)")) {
        faults.add(`cut off: ${name} by itself`);
      }
    }
  }
  const owns = (target: Element, hit: Element | null) =>
    hit !== null && (target.contains(hit) || hit.contains(target));
  const hitAt = (x: number, y: number) => document.elementFromPoint(x, y);
  for (const { element, name, seen } of targets) {
    // Of what is scrolled nearly out of sight the edge tells nothing.
    const isInSight = seen && seen.right - seen.left > 3 && seen.bottom - seen.top > 3;
    if (!isInSight || element.matches(".photo, .space-view")) continue;
    const hit = hitAt((seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2);
    const isBeneath = hit && !owns(element, hit) && hit.closest("label")?.control !== element;
    if (isBeneath && !hit.closest(overSelector)) faults.add(`covered: ${name} by ${nameOf(hit)}`);
  }
  const boxNow = (element: Element) => boxOf(element.getBoundingClientRect());
  const middle = ({ left, top, right, bottom }: Box) =>
    [(left + right) / 2, (top + bottom) / 2] as const;
  /** What takes the pointer may be larger than what is drawn. */
  const isWide = (element: Element) => {
    element.scrollIntoView({ block: "center" });
    const [x, y] = middle(boxNow(element));
    const far = leastTarget / 2 - 0.5;
    const around = [
      [x - far, y],
      [x + far, y],
      [x, y - far],
      [x, y + far],
    ] as const;
    return around.every(([px, py]) => {
      const hit = hitAt(px, py);
      return hit !== null && element.contains(hit);
    });
  };
  const isSmall = ({ left, top, right, bottom }: Box) =>
    right - left < leastTarget - 0.5 || bottom - top < leastTarget - 0.5;
  const small = targets.filter(
    // Words in a line of text are as high as the line.
    ({ element, box }) => isSmall(box) && !element.matches(unhit) && !isWide(element),
  );
  for (const one of small) {
    one.element.scrollIntoView({ block: "center" });
    const box = boxNow(one.element);
    const [x, y] = middle(box);
    const tooNear = targets.find((other) => {
      if (owns(one.element, other.element) || other.element.matches(unhit)) return false;
      if (other.element.closest(overSelector)) return false;
      const { left, top, right, bottom } = boxNow(other.element);
      if (small.includes(other)) {
        const [ox, oy] = middle(boxNow(other.element));
        return Math.hypot(ox - x, oy - y) < leastTarget - 0.5;
      }
      const dx = Math.max(left - x, 0, x - right);
      const dy = Math.max(top - y, 0, y - bottom);
      return Math.hypot(dx, dy) < leastTarget / 2 - 0.5;
    });
    if (tooNear) {
      const size = `${Math.round(box.right - box.left)} x ${Math.round(box.bottom - box.top)}`;
      faults.add(`small: ${one.name}, ${size}, beside ${tooNear.name}`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth)
    faults.add("the page is wider than itself");
  return [...faults];
}
