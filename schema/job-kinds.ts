// The kinds of work that a job can be. Only chat is served. A new kind begins here, and the compiler asks for the rest, each in a file of
// its own: what a home is asked (JOB_REQUESTS, schema/job-request.ts), how its events read and end (ANSWERS, schema/answers.ts), which route
// takes it (JOB_ROUTES, router/app.ts), what a backend is given (JOB_MAKERS, node-agent/jobs/to-backend-job.ts) and the call to a model
// server that it becomes (CALLS, node-agent/backends/backend-calls.ts).

export const JOB_KINDS = ['chat'] as const;
export type JobKind = (typeof JOB_KINDS)[number];
