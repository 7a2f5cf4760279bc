/**
 * A queue between a server that pushes and one reader that iterates: holds what was pushed until it is read.
 *
 * Knows nothing of the cluster. Items come out in the order they went in; an end or a failure comes after what was pushed before it.
 * @module
 */

/** The two ends of a pipe. */
export interface EventPipe<T> {
  push(item: T): void;
  /** Lets the reader's iteration end. */
  end(): void;
  /** Lets the reader's iteration throw. */
  fail(error: Error): void;
  /** Ends the reader's iteration at once; what was not read is dropped. */
  abort(): void;
  /** Yields the items; `cleanup` runs once when the reader is done, however it got there. */
  read(cleanup: () => void): AsyncGenerator<T, void, void>;
}

/** Returns an empty pipe. */
export function createEventPipe<T>(): EventPipe<T> {
  let items: T[] = [];
  /** How far `items` has been read; the array is dropped when all is. */
  let position = 0;
  let finished: { readonly error: Error | undefined } | undefined;
  let wake: (() => void) | undefined;

  function notify(): void {
    wake?.();
    wake = undefined;
  }

  function finish(error: Error | undefined): void {
    finished ??= { error };
    notify();
  }

  return {
    push(item) {
      if (finished) return;
      items.push(item);
      notify();
    },
    end: () => finish(undefined),
    fail: finish,
    abort() {
      finished = { error: undefined };
      items = [];
      position = 0;
      notify();
    },
    async *read(cleanup) {
      try {
        for (;;) {
          while (position < items.length) {
            const item = items[position];
            position += 1;
            if (item !== undefined) yield item;
          }
          items = [];
          position = 0;
          if (finished?.error) throw finished.error;
          if (finished) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        cleanup();
      }
    },
  };
}
