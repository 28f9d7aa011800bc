// What checks in a browser do without, so that pages that check receipts stay small.
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Methods of texts that ask for one format each, which keep each of these in: `email(params) { … }`. */
const FORMATS = /^ {4}\w+\(params\) \{\n {8}return this\.check\(core\._\w+\(Zod\w+, params\)\);\n {4}\},$/gm;

/**
 * Parts of zod that describe schemas to others, know texts like mail addresses, word its own messages and follow circles, and noble's reading of DER, a
 * seventh of the page: no check needs them, faults name their field, JSON has no circles, and signatures here are 65 bytes.
 */
export const UNUSED_PARTS: Plugin = {
  name: 'unused',
  setup: (build) => {
    build.onLoad({ filter: /zod[\\/]v4[\\/]core[\\/](to-json-schema|json-schema-processors)\.js$/ }, () => ({
      contents:
        'const none = () => undefined; module.exports = { createToJSONSchemaMethod: () => none, createStandardJSONSchemaMethod: () => none };',
    }));
    build.onLoad({ filter: /zod[\\/]v4[\\/]core[\\/]memoizer\.js$/ }, () => ({
      contents:
        'export const memoizer = () => undefined; export const isBackEdge = memoizer; export const isRecursiveSchema = memoizer;',
    }));
    build.onLoad({ filter: /@noble[\\/]curves[\\/]abstract[\\/]der\.js$/ }, () => ({
      contents: 'export const DER = {}; export const DERErr = Error;',
    }));
    build.onLoad({ filter: /zod[\\/]v4[\\/]classic[\\/]schemas\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(FORMATS, ''),
    }));
    build.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]en\.js$/ }, () => ({
      contents: 'export default () => ({ localeError: () => "it is missing or of another form" });',
    }));
  },
};
