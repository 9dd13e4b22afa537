// Trades the token for a cookie that no script can read, then goes on to the page that was asked for.
const problem = document.getElementById('problem');

function nextPage() {
  const next = new URLSearchParams(location.search).get('next') ?? '/';
  // Only a page of this daemon: "//host" and "/\host" are others.
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

document.getElementById('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  problem.textContent = '';
  try {
    const answer = await fetch('/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token: document.getElementById('token').value.trim() }),
    });
    if (answer.ok) location.replace(nextPage());
    else problem.textContent = (await answer.json()).message;
  } catch {
    problem.textContent = 'The daemon cannot be reached.';
  }
});
