// What a local server means by an answer that is not 200, or by an error inside one that is. Pure. Its words are handed on cleaned
// (clean-reason.ts), and only where they are about the request: what broke inside the owner's machine is nobody's business.
// Where each text comes from: test/backends/QUIRKS.md.

import { parseJson } from '../../schema/json.ts';
import type { BackendError } from './backend.ts';
import { cleanReason } from './clean-reason.ts';
import { readContext } from './read-context.ts';

/** The error of a run from the server's status and the beginning of its body. `prompt`: every text it was given, so that none is quoted back. */
export function readRefusal(status: number, body: string, prompt: readonly string[] = []): BackendError {
  if (status >= 300 && status < 400)
    return { code: 'unreachable', message: `the server redirects (${status}); give the URL it redirects to` };
  if (status === 401 || status === 403 || status === 407)
    return { code: 'unreachable', message: `the server wants another API key (${status})` };
  if (status === 405 || status === 421 || status === 426)
    return { code: 'unreachable', message: `no chat is taken at the server's address (${status})` };
  if (PAGE.test(body)) return readPage(status);
  return judge(status, readWords(parseJson(body) ?? body), prompt);
}

/** The error that stands as JSON inside a 200 answer: what is one, the reader of the stream decides. */
export function readErrorEvent(json: unknown, prompt: readonly string[] = []): BackendError {
  const words = readWords(json);
  const status = words.code !== null && words.code >= 400 && words.code < 600 ? words.code : 500;
  const error = judge(status, words, prompt);
  return error.code === 'internal'
    ? { code: 'internal', message: 'the server reported an error in its answer' }
    : error;
}

/** A web page is no model server's: what stands in front of one (nginx, Apache, a tunnel) speaks, and of the request it knows no more than the size. */
function readPage(status: number): BackendError {
  if (status === 429 || status === 503) return { code: 'busy', message: `the server is busy (${status})` };
  if (TOO_LARGE.has(status)) return { code: 'bad-request', message: tellTooLarge(status) };
  if (status === 404 || status > 500)
    return { code: 'unreachable', message: `a web page answers instead of the server (${status})` };
  return { code: 'internal', message: `the server failed (${status})` };
}

/** A server's error as it told it: its sentence, its name for the kind, its number for it. */
interface Words {
  readonly text: string;
  readonly kind: string;
  readonly code: number | null;
  /** The whole of it, in which numbers are looked for. */
  readonly json: unknown;
}

/** llama.cpp, LM Studio, Ollama and vLLM when the machine or the engine gave up, whatever the status that they say it with. */
const CRASHED =
  /\b(?:has )?crash(?:ed)?\b|out of memory|\boom\b|segmentation fault|exit code|core dumped|engine\w*\s?(?:is |core )?(?:dead|died)|EngineDead|runner (?:process )?(?:has )?(?:terminated|no longer|exited)|\b(?:cuda|hip|rocm|metal|vulkan|ggml)\w* (?:error|failed|assert)|panic:|failed to allocate|nil pointer|memory address/i;
const BUSY =
  /queue (?:is )?full|overloaded|too many requests|rate.?limit|server (?:is )?busy|no (?:free )?slots? available/i;
/** An account that the owner's server draws on is used up (LiteLLM, OpenRouter and others behind it). */
const UNPAID =
  /budget_exceeded|budget has been exceeded|insufficient[ _](?:credits?|quota|balance|funds)|payment required/i;
/** The model is there, and this machine cannot bring it into memory: Ollama, LM Studio, llama-swap. */
const NOT_LOADABLE =
  /requires more system memory|insufficient system resources|(?:failed|unable) to load (?:the )?model|error loading model|model failed to load|unable to start process|upstream command exited/i;
const NO_MODEL =
  /model_not_found|no models? (?:are |is )?(?:currently )?loaded|\bmodel\b[^.]{0,120}\b(?:not found|not loaded|does not exist|is unloaded|unloaded)/i;
/** What a 500 says when the request was at fault all the same. */
const ASKED_WRONG =
  /jinja|templat|grammar|json.?schema|roles? must|\binvalid\b(?! (?:device|argument|pointer|memory))|malformed|unsupported|not supported|must (?:be|alternate|have|not)|validation|unterminated|failed to parse|parse error|badrequest|bad_request/i;

const PAGE = /^\s*(?:<!doctype|<html|<head|<\?xml)/i;
/** Refusals that speak of the size alone. */
const TOO_LARGE: ReadonlySet<number> = new Set([413, 414, 431]);
/** A client error by its number, and none of the request: time ran out, another request is in the way, generation failed (TGI's 424). */
const NOT_THE_REQUEST: ReadonlySet<number> = new Set([408, 409, 410, 423, 424, 451, 499]);

function judge(status: number, words: Words, prompt: readonly string[]): BackendError {
  const said = `${words.kind} ${words.text}`;
  const context = readContext(words.json, said);
  if (context !== null) return context;
  if (CRASHED.test(said)) return { code: 'internal', message: `the server failed (${status})` };
  if (status === 402 || UNPAID.test(said))
    return { code: 'unreachable', message: `the account that the server draws on is used up (${status})` };
  if (status === 429 || status === 503 || status === 425 || BUSY.test(said))
    return { code: 'busy', message: `the server is busy (${status})` };
  if (NOT_LOADABLE.test(said)) return { code: 'no-model', message: `the server could not load the model (${status})` };
  if (status === 404 || NO_MODEL.test(said))
    return { code: 'no-model', message: `the server does not have this model (${status})` };
  const isServers = NOT_THE_REQUEST.has(status) || (status >= 500 && !ASKED_WRONG.test(said));
  if (isServers) return { code: 'internal', message: `the server failed (${status})` };
  const reason = cleanReason(words.text, prompt);
  const unsaid = TOO_LARGE.has(status) ? tellTooLarge(status) : `the server refused the request (${status})`;
  return { code: 'bad-request', message: reason === '' ? unsaid : reason };
}

function tellTooLarge(status: number): string {
  return `the request is too large for the server (${status})`;
}

/**
 * `{error: {message, type, code}}` is OpenAI's form; `{error: "…"}` Ollama's and TGI's, which adds error_type; `{object: "error", message}` older
 * vLLM's; `{detail}` FastAPI's, a text or a list of what is wrong with which field.
 */
function readWords(json: unknown): Words {
  const outer = asRecord(json);
  const inner = asRecord(outer['error']);
  const kinds = [inner['type'], inner['code'], outer['error_type'], outer['type']].filter(isText);
  const codes = [inner['code'], inner['status_code'], outer['code'], outer['statusCode'], outer['status']].map(Number);
  const text = [inner['message'], outer['error'], outer['message'], outer['detail'], json].map(sayText).find(isText);
  return { text: text ?? '', kind: kinds.join(' '), code: codes.find(Number.isInteger) ?? null, json };
}

/** A text, or the texts of FastAPI's list, without the input that each quotes. */
function sayText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  const texts = value.map((entry) => asRecord(entry)['msg']).filter(isText);
  return texts.join('; ');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
