// One real question to the running network, as any caller would ask it, and the receipt of its answer.
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { DEMO_PLACE } from './plan-agents.ts';

const RECEIPT_WAIT_MS = 10_000;
const RECEIPT_POLL_MS = 100;

/** A question to the network. */
export interface DemoQuestion {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly model: string;
  readonly prompt: string;
  readonly onToken: (text: string) => void;
}

const chunk = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).optional() })).default([]),
  error: z.object({ message: z.string() }).optional(),
  irori: z.object({ job: z.string() }).loose().optional(),
});
const refusal = z.object({ error: z.object({ message: z.string() }) });
const modelList = z.object({ data: z.array(z.object({ id: z.string(), nodes_online: z.number() })) });
const receiptList = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      model: z.string(),
      node: z.string(),
      outcome: z.string(),
      usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }),
      charge_micro: z.number(),
      earned_micro: z.number(),
      receiptSignature: z.string().nullable(),
    }),
  ),
});

/** What a terminal shows of a receipt. */
export type ShownReceipt = z.infer<typeof receiptList>['data'][number];

/** A model and how many homes serve it now. */
export interface ListedModel {
  readonly id: string;
  readonly nodesOnline: number;
}

/** What came of the question; `fault` is null when the answer ended properly. */
export interface DemoAnswer {
  readonly jobId: string | null;
  readonly firstTokenMs: number | null;
  readonly totalMs: number;
  readonly fault: string | null;
}

/** Streams one answer. Never throws: what went wrong is in `fault`, as the caller would read it. */
export async function askDemo(question: DemoQuestion): Promise<DemoAnswer> {
  const startedAt = performance.now();
  const seen = { jobId: null as string | null, firstTokenMs: null as number | null, isDone: false };
  const end = (fault: string | null): DemoAnswer => ({
    jobId: seen.jobId,
    firstTokenMs: seen.firstTokenMs,
    totalMs: Math.round(performance.now() - startedAt),
    fault,
  });
  try {
    const response = await postQuestion(question);
    if (!response.ok || !response.body) return end(await readRefusal(response));
    for await (const data of readEvents(response.body)) {
      if (data === '[DONE]') seen.isDone = true;
      const parsed = chunk.safeParse(parseJson(data));
      if (!parsed.success) continue;
      if (parsed.data.error) return end(parsed.data.error.message);
      seen.jobId = parsed.data.irori?.job ?? seen.jobId;
      const text = parsed.data.choices[0]?.delta?.content ?? '';
      if (text !== '') seen.firstTokenMs ??= Math.round(performance.now() - startedAt);
      if (text !== '') question.onToken(text);
    }
    return end(seen.isDone ? null : 'the stream ended without [DONE]');
  } catch (cause) {
    return end(cause instanceof Error ? cause.message : String(cause));
  }
}

/** The receipt of a job's last part as the API shows it, waited for up to 10 s while it is being settled; null when it did not come. */
export async function fetchReceipt(asked: {
  endpoint: string;
  apiKey: string;
  jobId: string;
}): Promise<ShownReceipt | null> {
  const deadlineAt = Date.now() + RECEIPT_WAIT_MS;
  while (Date.now() < deadlineAt) {
    const response = await fetch(`${asked.endpoint}/receipts/${asked.jobId}`, {
      headers: { authorization: `Bearer ${asked.apiKey}` },
    });
    const parsed = receiptList.safeParse(await response.json().catch(() => null));
    const last = parsed.success ? parsed.data.data.at(-1) : undefined;
    if (response.ok && last) return last;
    await sleep(RECEIPT_POLL_MS);
  }
  return null;
}

/** Models that the key may use; null when the key is not known (the books were removed). */
export async function listModels(asked: { endpoint: string; apiKey: string }): Promise<readonly ListedModel[] | null> {
  const response = await fetch(`${asked.endpoint}/models`, {
    headers: { authorization: `Bearer ${asked.apiKey}`, 'x-irori-place': DEMO_PLACE },
  });
  if (response.status === 401) return null;
  const parsed = modelList.safeParse(await response.json().catch(() => null));
  return parsed.success ? parsed.data.data.map((model) => ({ id: model.id, nodesOnline: model.nodes_online })) : [];
}

async function postQuestion(question: DemoQuestion): Promise<Response> {
  return fetch(`${question.endpoint}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${question.apiKey}`,
      'content-type': 'application/json',
      'x-irori-place': DEMO_PLACE,
    },
    body: JSON.stringify({
      model: question.model,
      stream: true,
      max_tokens: 200,
      temperature: 0,
      messages: [{ role: 'user', content: question.prompt }],
    }),
  });
}

async function readRefusal(response: Response): Promise<string> {
  const told = refusal.safeParse(await response.json().catch(() => null));
  return told.success ? told.data.error.message : `status ${response.status}`;
}

/** The `data` of each event of an SSE body; comments are passed over. */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) yield line.slice(6).trimEnd();
  }
}
