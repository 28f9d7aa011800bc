// What is asked once more of a server that refuses a word on thinking. Pure. Source: ollama/ollama server/routes.go ("does not support thinking").
import type { TextJob } from './backend.ts';
import type { StreamEnd } from './chat-stream.ts';

/** The job without its word on how hard to think, where the server refused the job for that; else null. Clients say one to every model. */
export function dropEffort(job: TextJob, { error }: Pick<StreamEnd, 'error'>): TextJob | null {
  if (job.kind !== 'chat' || job.wishes?.reasoningEffort === undefined) return null;
  if (error?.code !== 'bad-request' || !/think|reasoning/i.test(error.message)) return null;
  const { reasoningEffort: _, ...wishes } = job.wishes;
  return { ...job, wishes };
}
