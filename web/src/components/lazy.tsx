// A page, or a part of one, whose code is fetched when it is first wanted.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export function lazyPart<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return (props) => {
    const [Part, setPart] = useState(() => loaded);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (!Part) load().then((part) => setPart(() => (loaded = part)), () => setFailed(true));
    }, []);
    if (Part) return <Part {...props} />;
    return (
      <p class="state" role="status">
        {failed ? 'This page could not be fetched. Reload when the daemon is back.' : 'Loading …'}
      </p>
    );
  };
}
