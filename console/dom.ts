export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Handler = (event: Event) => void;

/** The handlers that elements here may have; they are properties, so that a refresh can replace them. */
export const handlerNames = ['onclick', 'oninput', 'onchange', 'onsubmit'] as const;

type Properties = Readonly<Record<string, string | number | boolean | null | undefined | Handler>>;

/** Custom properties of CSS for one element: `{ '--ratio': 0.3 }`. */
type Variables = Readonly<Record<`--${string}`, string | number>>;

/**
 * Makes an element. Data becomes attributes and text nodes only, never markup.
 *
 * An attribute that is `true` is empty; one that is `false`, null or undefined is left out, as is such a child.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return build(document.createElement(tag), properties, children);
}

/** As {@link h}, for an element of SVG. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  return build(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

/** Sets custom properties through the object model, which the content security policy allows, unlike `style="..."`. */
export function withVariables<E extends HTMLElement | SVGElement>(element: E, variables: Variables): E {
  for (const [name, value] of Object.entries(variables)) element.style.setProperty(name, String(value));
  return element;
}

function build<E extends Element>(element: E, properties: Properties, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') Object.assign(element, { [name]: value });
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** Appends children, arrays flattened. */
export function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child instanceof Node) parent.appendChild(child);
    else if (isList(child)) append(parent, child);
    else if (child !== false && child !== null && child !== undefined)
      parent.appendChild(document.createTextNode(String(child)));
  }
}

function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child);
}
