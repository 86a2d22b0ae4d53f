// What of an email a mailbox ignores, by the measurements of caniemail.com (data of the package of that name, MIT).
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const { data } = JSON.parse(await readFile(createRequire(import.meta.url).resolve("caniemail/caniemail.json"), "utf8"));

/** The mailboxes that matter here: the two large ones, Apple's, and those of French providers. */
export const MAILBOXES = ["gmail", "outlook", "apple-mail", "orange", "sfr", "laposte"];

/** The feature of a property, an element, an attribute or a rule, as caniemail names it. */
const byName = new Map();
for (const feature of data) {
  const names = feature.title.toLowerCase().replace(/ (property|element|attribute|css property|meta tag)$/, "").split(", ");
  for (const name of names) byName.set(`${feature.category} ${name.replace(/^<|>$/g, "")}`, feature);
}

/** What an email uses, as `category name`. */
function uses(html) {
  const found = new Set();
  const declared = (css) => {
    for (const [, property, value] of css.matchAll(/(?:^|[;{\s])([a-z-]+)\s*:\s*([^;{}]+)/g)) {
      found.add(`css ${property}`).add(`css ${property}:${value.replace("!important", "").trim()}`);
      if (value.includes("!important")) found.add("css !important keyword");
    }
  };
  for (const [, css] of html.matchAll(/<style>([\s\S]*?)<\/style>/g)) {
    found.add("html style").add("css class selector");
    if (css.includes("[")) found.add("css attribute selector");
    for (const [rule] of css.matchAll(/@media(?: \([a-z-]+)?/g)) found.add(`css ${rule.includes("prefers-color-scheme") ? "@media (prefers-color-scheme)" : "@media"}`);
    declared(css);
  }
  for (const [, tag, attributes] of html.replace(/<style>[\s\S]*?<\/style>|<!--[\s\S]*?-->|<base [^>]*>/g, "").matchAll(/<([a-z0-9]+)((?:\s+[^<>]*)?)>/g)) {
    found.add(`html ${tag}`);
    for (const [, name, value] of attributes.matchAll(/([a-z-]+)="([^"]*)"/g)) {
      if (name === "style") declared(value);
      else found.add(`html ${name}`);
    }
  }
  return found;
}

/** How the newest version that was measured takes a feature: y, a (in part), n or u (unknown). */
const newest = (versions) => Object.values(versions).at(-1).charAt(0);

/** What an email uses and a mailbox ignores: the feature, and where. */
export function ignored(html) {
  const found = new Map();
  for (const name of uses(html)) {
    const feature = byName.get(name);
    for (const family of MAILBOXES) {
      for (const [platform, versions] of Object.entries(feature?.stats[family] ?? {})) {
        if (newest(versions) === "n") found.set(name, [...(found.get(name) ?? []), `${family} ${platform}`]);
      }
    }
  }
  return found;
}

/** How many of the things an email uses were measured at all: a guard against names that no longer fit. */
export const measured = (html) => [...uses(html)].filter((name) => byName.has(name)).length;

/** What our emails use although some mailbox ignores it, and what its readers have instead. */
export const FALLS_BACK = {
  "html style": "what must show stands in style attributes; without the sheet there is no dark mode and no telephone spacing",
  "html body": "the ground is set again on the table inside it",
  "html lang": "a screen reader takes the language of the mailbox",
  "html role": "the layout's tables have one cell a row and read in order",
  "css class selector": "as for the sheet",
  "css attribute selector": "for Outlook's dark mode alone",
  "css !important keyword": "as for the sheet: nothing is written over",
  "css @media": "the padding of the desk on a telephone",
  "css @media (prefers-color-scheme)": "the mailbox's own dark mode, or the light email",
  "css color-scheme": "the same",
  "css border-radius": "square corners",
  "css display:none": "the preview is hidden by height, size and opacity too",
  "css max-height": "the preview is hidden by display and mso-hide",
  "css overflow": "the same",
  "css opacity": "the same",
  "css word-wrap": "a very long word widens the email",
  "css overflow-wrap": "word-wrap says the same",
  "css text-decoration": "links stay underlined",
};
