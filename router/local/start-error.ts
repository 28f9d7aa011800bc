// What a person can put right before the network starts. Its message is the whole sentence that is printed.

/** A start that cannot succeed as things stand: the message says what is wrong and what to do, on one line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
