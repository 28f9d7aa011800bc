// Keeps the process from ending while the model's thread is inside native code: onnxruntime-node aborts the whole process
// (Napi::Error, exit status 134) when its thread is torn down in a forward pass. Shared by both threads through two cells.

const BUSY = 0;
const CLOSED = 1;

/** A forward pass of a home-sized model is shorter; past this the process ends whatever happens. */
const EXIT_WAIT_MS = 2_000;

export class PassGuard {
  readonly shared: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.shared = shared;
    this.#cells = new Int32Array(shared);
  }

  /** Runs native work inside the worker. Once the guard is closed it runs nothing and never settles: the process is ending. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    Atomics.store(this.#cells, BUSY, 1);
    try {
      if (Atomics.load(this.#cells, CLOSED) === 1) return await new Promise<T>(() => this.#leave());
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** For the main thread's 'exit' event: lets no further pass begin and waits for the one under way. Blocks. */
  readonly close = (): void => {
    Atomics.store(this.#cells, CLOSED, 1);
    Atomics.wait(this.#cells, BUSY, 1, EXIT_WAIT_MS);
  };

  #leave(): void {
    Atomics.store(this.#cells, BUSY, 0);
    Atomics.notify(this.#cells, BUSY);
  }
}
