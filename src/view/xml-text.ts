/**
 * Text in XML, and in the labels of Graphviz that look like it.
 * @module
 */

/** Returns a text as it stands between tags or in a quoted attribute. */
export const xmlText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
