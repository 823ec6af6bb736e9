import { append, type Child, handlerNames } from './dom.ts';

/** An element that draws itself, such as a chart: a refresh hands it the new one's data and leaves its children alone. */
export interface Island {
  update(next: Island): void;
}

const islands = new WeakMap<Node, Island>();

/** Marks an element as an island. Its `data-key` says which one of the next refresh it is. */
export function markIsland(element: Element, island: Island): void {
  islands.set(element, island);
}

/**
 * Makes the children of `parent` what `content` says, and touches only what differs: focus, selection, scroll positions
 * and zoomed charts outlive a refresh. Elements with the same `data-key` are the same element.
 */
export function morph(parent: Element, content: Child): void {
  const wanted = document.createDocumentFragment();
  append(wanted, [content]);
  morphChildren(parent, wanted);
}

function morphChildren(parent: Node, wanted: Node): void {
  const keyed = new Map<string, Element>();
  for (const child of parent.childNodes) {
    const key = keyOf(child);
    if (key !== undefined) keyed.set(key, child as Element);
  }
  let current = parent.firstChild;
  for (const next of [...wanted.childNodes]) {
    const match = findMatch(next, current, keyed);
    if (match === null) {
      parent.insertBefore(next, current);
      continue;
    }
    if (match === current) current = current.nextSibling;
    else parent.insertBefore(match, current);
    morphNode(match, next);
  }
  while (current !== null) {
    const rest: ChildNode | null = current.nextSibling;
    parent.removeChild(current);
    current = rest;
  }
}

function findMatch(next: ChildNode, current: ChildNode | null, keyed: Map<string, Element>): ChildNode | null {
  const key = keyOf(next);
  if (key !== undefined) {
    const match = keyed.get(key);
    keyed.delete(key);
    return match !== undefined && match.nodeName === next.nodeName ? match : null;
  }
  if (current === null || keyOf(current) !== undefined) return null;
  return current.nodeName === next.nodeName ? current : null;
}

function morphNode(node: ChildNode, next: ChildNode): void {
  if (!(node instanceof Element && next instanceof Element)) {
    if (node.nodeValue !== next.nodeValue) node.nodeValue = next.nodeValue;
    return;
  }
  morphAttributes(node, next);
  const island = islands.get(node);
  const nextIsland = islands.get(next);
  if (island !== undefined && nextIsland !== undefined) island.update(nextIsland);
  else morphChildren(node, next);
  if (node instanceof HTMLSelectElement && next instanceof HTMLSelectElement) node.value = next.value;
}

function morphAttributes(node: Element, next: Element): void {
  for (const { name } of [...node.attributes])
    if (name !== 'style' && !next.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of next.attributes)
    if (name !== 'style' && node.getAttribute(name) !== value) node.setAttribute(name, value);
  if (!(node instanceof HTMLElement && next instanceof HTMLElement)) return;
  if (node.style.cssText !== next.style.cssText && !islands.has(node)) node.style.cssText = next.style.cssText;
  for (const name of handlerNames) Object.assign(node, { [name]: next[name] });
  if (node instanceof HTMLInputElement && next instanceof HTMLInputElement && node !== document.activeElement)
    node.value = next.value;
}

function keyOf(node: Node): string | undefined {
  return node instanceof HTMLElement ? node.dataset.key : undefined;
}
