// The kinds of work that a job can be. A new kind begins here, and the compiler asks for the rest: a line in each of these
// tables, which names a file of the kind's own. First JOB_REQUESTS: until it is there, whoever reads a request's limits does not compile either.
//   schema/job-request.ts              JOB_REQUESTS   what a home is asked, field by field               schema/chat-job.ts
//                                      INPUTS         what of that may be long
//   schema/answers.ts                  ANSWERS        how its events read, end and how long they may be  schema/chunks.ts
//   router/app.ts                      JOB_ROUTES     the route that takes it                            router/routes/chat-completions.ts
//   node-agent/jobs/work-kinds.ts      WORK           from the frame to a backend's job, and its events  node-agent/jobs/chat-work.ts
//   node-agent/backends/backend.ts     BackendJobs    the job in a backend's terms, and a case in `run` of each engine
//   node-agent/backends/backend-calls.ts  CALLS       the call to a model server that it becomes         node-agent/backends/build-backend-body.ts
//                                      (of audio and pictures in node-agent/backends/media-calls.ts)
// Hub, placement, tickets, receipts, accounts and going on elsewhere read no more of a request than its kind, model, maxTokens and seed.

export const JOB_KINDS = ['chat', 'completion', 'embedding', 'transcription', 'image'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** The caller's field that holds the input: what is wrong with that is told of it. */
export const INPUT_FIELDS: Readonly<Record<JobKind, string>> = {
  chat: 'messages',
  completion: 'prompt',
  embedding: 'input',
  transcription: 'file',
  image: 'prompt',
};
