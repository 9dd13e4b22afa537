// A component that is drawn again only when one of its properties is another object: one event, one row.
import { Component, type FunctionComponent, h } from 'preact';

export function memo<P extends object>(draw: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const keys = Object.keys({ ...this.props, ...next }) as (keyof P)[];
      return keys.some((key) => (this.props as P)[key] !== (next as P)[key]);
    }
    override render(properties: P) {
      return h(draw, properties);
    }
  }
  return (properties) => h(Memo as never, properties as never);
}
