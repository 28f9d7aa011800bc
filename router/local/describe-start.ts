// What a person reads in the terminal while a local network starts and answers. Pure: facts in, text out.
import type { DemoAnswer, ShownReceipt } from './demo-chat.ts';

/** The question that the start asks the built-in model, and the one for a backend of the owner's. */
export const DEMO_PROMPT = 'Tell me a story about a fox named Mia.';

/** A progress line: what is ready and how. */
export function describeStep(what: string, how: string): string {
  return `  ${what.padEnd(10)} ${how}`;
}

/** Endpoint, key, a curl line and the lines for the official clients. */
export function describeWelcome(network: {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly model: string;
  /** Where a browser signs in once. */
  readonly signInLink: string;
}): string {
  const { endpoint, apiKey, model, signInLink } = network;
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello' }] });
  return `
  Endpoint   ${endpoint}
  API key    ${apiKey}
  Console    ${new URL(signInLink).origin}/
  Sign in    ${signInLink} (once, within 10 minutes)

  curl -N ${endpoint}/chat/completions -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' -d '${body}'

  JavaScript: new OpenAI({ baseURL: '${endpoint}', apiKey: '${apiKey}' })
  Python:     OpenAI(base_url="${endpoint}", api_key="${apiKey}")
`;
}

/** With a chain: who is paid for the calls of the key above. */
export function describeOwner(apiKey: string): string {
  return `  That key’s calls are paid for. The homes are of another account, with the key ${apiKey}: GET /node/v1/earnings tells what they earned.\n`;
}

/** One line on the answer and one on its receipt; amounts in millionths of a credit. */
export function describeAnswer(answer: DemoAnswer, receipt: ShownReceipt | null): string {
  const timing = `  Answer     first token after ${answer.firstTokenMs ?? '?'} ms, whole after ${answer.totalMs} ms`;
  if (receipt === null) return `${timing}\n  Receipt    none came within 10 s`;
  const { usage, outcome, node } = receipt;
  const counts = `${usage.prompt_tokens} + ${usage.completion_tokens} tokens`;
  const money = `charged ${receipt.charge_micro} µ, home earned ${receipt.earned_micro} µ`;
  const signed = receipt.receiptSignature === null ? 'not signed by the home' : 'signed by the home';
  return `${timing}\n  Receipt    ${receipt.id}: ${outcome}, ${counts}, ${money}, ${signed} (${node})`;
}

/** Why no home came online, with the last words of the homes. */
export function describeNoHome(lastLines: readonly string[]): string {
  const heard = lastLines.length === 0 ? '' : ` Last heard: ${lastLines.slice(-3).join(' | ')}`;
  return `No home came online within the time allowed. Run again with --verbose to see why.${heard}`;
}

/** What a home warns of, without its time: a typo in a model's name, a server that is not there. Null for any other line. */
export function readWarning(line: string): string | null {
  return /^\S+ \d\d:\d\d:\d\d\S+ (?:warn|error): (.+)$/.exec(line)?.[1] ?? null;
}

/** One line on a home that died. */
export function describeDeath(
  name: string,
  death: { readonly reason: string; readonly lastLines: readonly string[]; readonly isRestarted: boolean },
): string {
  const next = death.isRestarted ? 'starting it again.' : 'it ended too often and stays down.';
  return `${name} ended (${death.reason}); ${next} ${death.lastLines.at(-1) ?? ''}`.trimEnd();
}
