// An address that is no page.
import { Heading } from '../components/basics';

export function NotFoundPage() {
  return (
    <>
      <Heading title="No such page" />
      <p class="state">
        This address leads nowhere. Start at the <a href="/">leaderboard</a>.
      </p>
    </>
  );
}
