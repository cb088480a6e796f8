import type { Ask, Question } from '../../src/events.ts';

/** An answer typed, or a function that finds it; undefined is the end of the input. */
export type Answer = string | undefined | ((question: Question) => string | undefined);

/** Answers question after question from a list; a question too many is an error of the test. */
export function scriptedAsk(...answers: readonly Answer[]): Ask {
  const left = [...answers];
  return (question) => {
    if (left.length === 0) return Promise.reject(new Error(`unexpected question: ${question.ask}`));
    const answer = left.shift();
    return Promise.resolve(typeof answer === 'function' ? answer(question) : answer);
  };
}

/** Chooses the found file of that name, or 0 where it was not found. */
export function fileNamed(name: string): Answer {
  return (question) =>
    question.ask === 'file' ? String(question.found.findIndex((file) => file.name === name) + 1) : undefined;
}
