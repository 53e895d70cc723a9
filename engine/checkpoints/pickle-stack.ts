/** What a pickle works on: a stack of values with marks in it, and what it keeps to refer to again. */
import { UnexpectedArguments, type Pickled } from "./pickled.ts";

/** Values that wait to be put somewhere. */
const maxValues = 4_000_000;

/** Every method throws UnexpectedArguments where what it needs is not there. */
export class PickleStack {
  private readonly values: Pickled[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, Pickled>();

  push(value: Pickled): void {
    if (this.values.length >= maxValues) throw new UnexpectedArguments("it stacks too many values");
    this.values.push(value);
  }

  mark(): void {
    if (this.marks.length >= maxValues) throw new UnexpectedArguments("it sets too many marks");
    this.marks.push(this.values.length);
  }

  top(): Pickled {
    this.need(1);
    return this.values.at(-1)!;
  }

  pop(): Pickled {
    this.need(1);
    return this.values.pop()!;
  }

  /** @returns the last ones, in the order in which they were pushed */
  popMany(count: number): Pickled[] {
    this.need(count);
    return this.values.splice(this.values.length - count);
  }

  /** Everything since the last mark, and the mark. */
  popMark(): Pickled[] {
    const mark = this.marks.pop();
    if (mark !== undefined) return this.values.splice(mark);
    throw new UnexpectedArguments("it goes back to a mark that is not there");
  }

  /** The value on top, or the mark where that is on top. */
  discard(): void {
    if (this.marks.at(-1) === this.values.length) this.marks.pop();
    else this.pop();
  }

  /** @param index absent: the next free one */
  keep(index = this.memo.size): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) {
      throw new UnexpectedArguments(`it recalls ${index}, which it never kept`);
    }
    this.push(value);
  }

  private need(count: number): void {
    if (this.values.length - count >= (this.marks.at(-1) ?? 0)) return;
    throw new UnexpectedArguments("it takes a value where there is none");
  }
}
