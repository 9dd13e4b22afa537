#!/usr/bin/env bash
# Builds the dashboard into web/dist when its sources changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../web"
stamp=$(find . -path ./node_modules -prune -o -path ./dist -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ -f dist/.sources ] && [ "$(cat dist/.sources)" = "$stamp" ]; then
  echo "dashboard is up to date"
  exit 0
fi
npm ci --no-audit --no-fund
npm run build
echo "$stamp" > dist/.sources
