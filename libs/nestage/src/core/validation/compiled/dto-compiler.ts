import type { Type } from '@nestjs/common';
import { acceptsInstance } from './accepts-instance.js';
import { buildInstance, DOUBT, type UndeclaredKeys } from './build-instance.js';
import { type DtoPlan, planDto } from './dto-plan.js';

/**
 * Accepts good values fast. The decorators of a DTO are read once into a plan; a value that the plan accepts is what class-validator would
 * accept, as the instance that class-transformer would make. At any doubt, and for every refusal, the libraries themselves judge.
 * @internal
 */
export class DtoCompiler {
  private readonly plans = new Map<unknown, DtoPlan | undefined>();
  private readonly plainOut = new Map<unknown, boolean>();

  /** @returns the instance, or `undefined` when the libraries have to judge */
  tryAccept(dto: Type, value: object, undeclared: UndeclaredKeys): object | undefined {
    const plan = this.planOf(dto);
    if (!plan) return undefined;
    try {
      const instance = buildInstance(plan, value, undeclared, this.planOf);
      return instance !== DOUBT && acceptsInstance(plan, instance, undeclared, this.planOf) ? instance : undefined;
    } catch {
      return undefined; // a transform or a check that throws: the libraries throw it, too
    }
  }

  /** Whether an accepted instance is its own plain form: nothing is renamed, hidden or transformed on its way out. */
  isPlainOut(dto: Type): boolean {
    const known = this.plainOut.get(dto);
    if (known !== undefined) return known;
    const isPlain = this.isPlainThroughout(dto, new Set());
    this.plainOut.set(dto, isPlain);
    return isPlain;
  }

  private isPlainThroughout(dto: Type, seen: ReadonlySet<unknown>): boolean {
    if (seen.has(dto)) return true;
    const plan = this.planOf(dto);
    const nested = [...(plan?.fields.values() ?? [])].flatMap((field) => field.nested ?? []);
    return plan?.isPlainOut === true && nested.every((type) => this.isPlainThroughout(type, new Set([...seen, dto])));
  }

  private readonly planOf = (type: unknown): DtoPlan | undefined => {
    const known = this.plans.get(type);
    if (known || this.plans.has(type)) return known;
    const plan = typeof type === 'function' ? planDto(type as Type) : undefined;
    this.plans.set(type, plan);
    return plan;
  };
}
