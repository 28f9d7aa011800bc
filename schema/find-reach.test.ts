import { describe, expect, test } from 'vitest';
import { findReach, pointsElsewhere } from './find-reach.ts';
import type { JobRequest } from './job-request.ts';
import { sampleRequest } from './sample-messages.ts';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const withPicture = (url: string): JobRequest => ({
  ...sampleRequest({}),
  messages: [
    { role: 'system', content: 'see http://192.168.1.1/' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'file:///etc/passwd' },
        { type: 'image_url', image_url: { url } },
      ],
    },
  ],
});

describe('a picture', () => {
  test.each([
    'http://192.168.1.1/',
    'https://example.com/a.png',
    'file:///etc/passwd',
    '/etc/passwd',
    '../a.png',
    'ftp://10.0.0.1/a',
    'data:text/html;base64,AAAA',
    'data:image/svg+xml;base64,AAAA',
    'data:image/png;base64,AA AA',
    'data:image/png;base64,',
    ' data:image/png;base64,AAAA',
    '',
  ])('at %j is named as what a server would reach for', (url) => {
    expect(findReach(withPicture(url))?.param).toBe('messages[1].content[1].image_url.url');
  });

  test('that is in the request itself is none, and neither is an address in a text', () => {
    expect(findReach(withPicture(PNG))).toBeNull();
  });
});

describe('a schema', () => {
  test.each([
    { $ref: 'http://192.168.1.1/' },
    { properties: { a: { items: [{ $ref: 'file:///etc/passwd' }] } } },
    { $id: 'http://192.168.1.1/', $ref: 'admin' },
    { $dynamicRef: '//192.168.1.1/' },
    { properties: { enum: { $ref: 'other.json' } } },
    { $ref: '#/default', default: { $ref: 'http://192.168.1.1/' } },
  ])('%j points elsewhere', (schema) => {
    expect(pointsElsewhere(schema) || findReach({ ...sampleRequest({}), tools: [tool(schema)] }) !== null).toBe(true);
  });

  test.each([
    undefined,
    {},
    { $ref: '#/$defs/a', $defs: { a: { type: 'string' } } },
    { $schema: 'http://json-schema.org/draft-07/schema#', $id: 'https://example.com/a' },
    { properties: { $ref: { type: 'string' } } },
    { const: { $ref: '#' }, enum: ['$ref', 'http://a/'], default: null },
  ])('%j is complete in itself', (schema) => {
    expect(pointsElsewhere(schema)).toBe(false);
  });

  test('is named by its field, of a tool and of the answer’s form', () => {
    const schema = { $ref: 'http://a/' };
    expect(findReach({ ...sampleRequest({}), tools: [tool({}), tool(schema)] })?.param).toBe(
      'tools[1].function.parameters',
    );
    const responseFormat = { type: 'json_schema', json_schema: { name: 'a', schema } } as const;
    expect(findReach({ ...sampleRequest({}), responseFormat })?.param).toBe('response_format.json_schema.schema');
  });

  test('that is very deep ends nobody', () => {
    let deep: Record<string, unknown> = { $ref: 'http://a/' };
    for (let i = 0; i < 100_000; i += 1) deep = { items: deep };
    expect(pointsElsewhere(deep)).toBe(true);
  });
});

function tool(parameters: Record<string, unknown>): {
  type: 'function';
  function: { name: string; parameters: typeof parameters };
} {
  return { type: 'function', function: { name: 'f', parameters } };
}
