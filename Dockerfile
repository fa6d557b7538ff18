# vtrewind with MariaDB 10.11 beside it: `docker run -p 15306:15306 -p 15001:15001 vtrewind` starts a whole cluster (role `up`);
# any other role is an argument: `docker run vtrewind gate --help`.
FROM node:24-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY proto proto
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends mariadb-server mariadb-backup \
 && rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d
RUN useradd --system --create-home --home-dir /var/lib/vtrewind vtrewind
WORKDIR /opt/vtrewind
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY LICENSE NOTICE* ./
RUN ln -s /opt/vtrewind/dist/cli.js /usr/local/bin/vtrewind
USER vtrewind
WORKDIR /var/lib/vtrewind
VOLUME /var/lib/vtrewind
EXPOSE 15306 15001 15999
ENTRYPOINT ["vtrewind"]
CMD ["up"]
