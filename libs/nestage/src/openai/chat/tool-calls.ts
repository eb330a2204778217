import { randomUUID } from 'node:crypto';
import { ModelError } from '../../core/errors/service-errors.js';
import type { ToolCall, ToolCallDelta } from './chat-reply.js';

/** A piece of a tool call as clients can take it: the first one of a call has its id and name. @internal */
export interface ToolCallPiece {
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments: string;
}

interface OpenCall {
  id: string | undefined;
  /** Arguments that came before the name. */
  early: string;
  isNamed: boolean;
}

/** Puts pieces of tool calls in order: nothing of a call is told before its name, and each gets an id. @internal */
export class ToolCalls {
  private readonly calls = new Map<number, OpenCall>();

  get isEmpty(): boolean {
    return this.calls.size === 0;
  }

  push({ index, id, name, arguments: text = '' }: ToolCallDelta): ToolCallPiece | undefined {
    const call = this.calls.get(index) ?? { id: undefined, early: '', isNamed: false };
    this.calls.set(index, call);
    call.id ??= id || undefined;
    if (call.isNamed) return text === '' ? undefined : { index, arguments: text };
    call.early += text;
    if (!name) return undefined;
    call.isNamed = true;
    return { index, id: (call.id ??= `call_${randomUUID().replaceAll('-', '')}`), name, arguments: call.early };
  }

  /** @throws ModelError for a call that never got a name */
  assertWhole(): void {
    for (const [index, { isNamed }] of this.calls)
      if (!isNamed) throw new ModelError(`The model called tool ${index} without naming it`, { code: 'invalid_response' });
  }
}

/** Whole calls, or pieces of them, as pieces. @internal */
export function toPieces(calls: readonly (ToolCall | ToolCallDelta)[]): ToolCallDelta[] {
  return calls.map((call, position) => ({
    ...call,
    index: 'index' in call ? call.index : position,
    arguments: typeof call.arguments === 'object' ? JSON.stringify(call.arguments) : call.arguments,
  }));
}

/** The pieces of each call as one. @internal */
export function wholeCalls(pieces: readonly ToolCallPiece[]): readonly ToolCallPiece[] {
  const firsts = pieces.filter(({ name }) => name !== undefined).sort((a, b) => a.index - b.index);
  return firsts.map((first) => {
    const texts = pieces.filter(({ index }) => index === first.index).map((piece) => piece.arguments);
    return { ...first, arguments: texts.join('') };
  });
}
