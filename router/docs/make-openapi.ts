// /openapi.json: OpenAPI 3.1, made of the table of endpoints, the schemas that validate, and the words of errors and headers. In English
// alone: it is read by machines and by what makes clients of it, whose comments would change their language with the reader. Pure.
import * as z from 'zod';
import { itemOf } from '../../schema/list-of.ts';
import { ERROR_CODES, statusOf, typeOfStatus } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { ERROR_WORDS } from './error-words.ts';
import { ANSWER_HEADERS } from './header-words.ts';

const FOR_HOMES = /^node_|^upgrade_|^authorization_|^slow_down|^access_denied|^expired_token/;

/** Codes that callers of the API may be told. */
export const CALLER_CODES: readonly ErrorCode[] = ERROR_CODES.filter((code) => !FOR_HOMES.test(code));

/** The whole description. `origin`: of the router that serves it. */
export function makeOpenapi(origin: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of ENDPOINTS) {
    const of = (paths[endpoint.path] ??= {});
    of[endpoint.method] = describeOperation(endpoint);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Irori',
      version: '1',
      description: `AI inference on GPUs in people's homes, behind the APIs that clients speak. ${origin}/docs is the page of it.`,
    },
    servers: [{ url: origin }],
    security: [{ bearer: [] }, { key: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      headers: Object.fromEntries(
        Object.entries(ANSWER_HEADERS).map(([name, { en }]) => [name, { description: en, schema: { type: 'string' } }]),
      ),
      schemas: { Error: describeError(), Availability: describeAvailability() },
      responses: describeRefusals(),
    },
  };
}

function describeOperation(endpoint: Endpoint): object {
  const { title, told, body, query = {}, path, method, isOpen, isStreamed, manages = false, answer } = endpoint;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query).map(([name, { en }]) => ({
      name,
      in: 'query',
      description: en,
      schema: { type: 'string' },
    })),
  ];
  const id = `${method}_${path.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '')}`;
  return {
    operationId: id,
    summary: title.en,
    description: told.en,
    ...(parameters.length > 0 && { parameters }),
    ...(isOpen && { security: [] }),
    ...(body && { requestBody: describeBody(body, endpoint) }),
    responses: {
      [manages && method === 'post' ? '201' : '200']: {
        description: isStreamed ? 'The answer: whole, or its events where `stream` is true.' : 'The answer.',
        headers: refHeaders(),
        content: {
          'application/json': { schema: answer },
          ...(isStreamed && { 'text/event-stream': { schema: { type: 'string' } } }),
        },
      },
      ...Object.fromEntries(
        statuses().map((status) => [String(status), { $ref: `#/components/responses/refused${status}` }]),
      ),
    },
  };
}

/** Of every body that makes jobs. */
const DRY_RUN = {
  dry_run: {
    type: 'boolean',
    description: 'Tells price, home and why as `{"object": "dry_run", …}`, and runs nothing.',
  },
};

function describeBody(body: z.ZodType, { examples, isForm = false, makesJobs = false }: Endpoint): object {
  const named = Object.entries(examples).map(([name, value]) => [name.replaceAll(' ', '-'), { value }]);
  const { additionalProperties: _, ...plain } = toJsonSchema(body);
  const schema = makesJobs ? { ...plain, properties: { ...plain.properties, ...DRY_RUN } } : plain;
  return {
    required: true,
    content: {
      [isForm ? 'multipart/form-data' : 'application/json']: { schema, examples: Object.fromEntries(named) },
    },
  };
}

/** As JSON Schema, with the items of lists that are judged one by one. */
function toJsonSchema(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  const { $schema: _, ...told } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const item = itemOf(zodSchema);
      if (item) jsonSchema.items = toJsonSchema(item);
    },
  });
  return told;
}

function refHeaders(): object {
  return Object.fromEntries(
    Object.keys(ANSWER_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

function statuses(): number[] {
  return [...new Set(CALLER_CODES.map(statusOf))].toSorted((a, b) => a - b);
}

function describeRefusals(): object {
  return Object.fromEntries(
    statuses().map((status) => {
      const codes = CALLER_CODES.filter((code) => statusOf(code) === status);
      const description = codes.map((code) => `\`${code}\`: ${ERROR_WORDS[code].en}`).join('\n\n');
      const schema = { $ref: '#/components/schemas/Error' };
      return [`refused${status}`, { description, headers: refHeaders(), content: { 'application/json': { schema } } }];
    }),
  );
}

function describeError(): object {
  return {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['message', 'type', 'code'],
        properties: {
          message: { type: 'string' },
          type: { type: 'string', examples: [...new Set(statuses().map(typeOfStatus))] },
          param: { type: ['string', 'null'], description: 'The field that it is about.' },
          code: { type: 'string', enum: CALLER_CODES },
          availability: { $ref: '#/components/schemas/Availability' },
        },
      },
    },
  };
}

function describeAvailability(): object {
  return {
    type: 'object',
    description: 'Told where nobody could answer now.',
    required: ['code', 'retryable', 'retry_after', 'excluded_by', 'constraint', 'docs_url'],
    properties: {
      code: { type: 'string' },
      retryable: { type: 'boolean', description: 'Asking the same again may help.' },
      retry_after: { type: ['number', 'null'], description: 'Seconds.' },
      excluded_by: { type: ['string', 'null'], description: 'The field of the request that left nobody.' },
      constraint: { type: 'string', description: 'What stood in the way.' },
      docs_url: { type: 'string', format: 'uri' },
    },
  };
}
