/* The C yardstick of bench:rank: see bench_rank_plain.ts, which writes its input.
 *   gcc -O3 -march=native -o bench_rank bench_rank.c -lm -pthread; ./bench_rank ROWS THREADS
 * Prints milliseconds of one round of diffusion, then of the tri-kernel: processor time.
 * With several threads: of diffusion alone, in time that passes. */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HEAT_TERMS = 13, ROUNDS = 5 };

static uint32_t n, edges, entries;
static uint32_t *in_starts, *in_columns, *all_starts, *all_columns;
static double *out, *now, *then, *sent, *last, *before, *warmth;
static double factors[HEAT_TERMS + 1];

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void *take(FILE *file, size_t octets) {
  void *block = malloc(octets ? octets : 1);
  if (!block || (file && fread(block, 1, octets, file) != octets)) exit(2);
  return block;
}

static double gather(const uint32_t *starts, const uint32_t *columns, const double *x, uint32_t row) {
  double sum = 0;
  for (uint32_t i = starts[row], end = starts[row + 1]; i < end; i++) sum += x[columns[i]];
  return sum;
}

static double degree(uint32_t i) { return all_starts[i + 1] - all_starts[i]; }

static void diffuse(double share) {
  double stuck = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (out[i] == 0) stuck += now[i];
    sent[i] = out[i] == 0 ? 0 : now[i] / out[i];
  }
  double back = share * (0.15 + 0.85 * stuck) / entries;
  for (uint32_t i = 0; i < n; i++)
    then[i] = back * degree(i) + share * 0.85 * gather(in_starts, in_columns, sent, i);
}

static void springs_and_heat(void) {
  for (uint32_t i = 0; i < n; i++) {
    then[i] += 0.3 * (1.0 / n + gather(all_starts, all_columns, now, i)) / (1 + degree(i));
    last[i] = now[i] / degree(i);
    before[i] = 0;
    warmth[i] = factors[0] * last[i];
  }
  for (int k = 1; k <= HEAT_TERMS; k++) {
    double scale = k == 1 ? 1 : 2;
    for (uint32_t i = 0; i < n; i++) {
      before[i] = scale * gather(all_starts, all_columns, last, i) / degree(i) - before[i];
      warmth[i] += factors[k] * before[i];
    }
    double *turn = last;
    last = before;
    before = turn;
  }
  for (uint32_t i = 0; i < n; i++) then[i] += 0.2 * degree(i) * warmth[i];
}

static void iterate(int whole) {
  double change = 0, start = now_ms();
  for (uint32_t i = 0; i < n; i++) now[i] = 1.0 / n;
  for (int rounds = 1; rounds <= ROUNDS; rounds++) {
    diffuse(whole ? 0.5 : 1);
    if (whole) springs_and_heat();
    double mass = 0;
    change = 0;
    for (uint32_t i = 0; i < n; i++) mass += then[i];
    for (uint32_t i = 0; i < n; i++) {
      then[i] /= mass;
      change += fabs(then[i] - now[i]);
    }
    double *turn = now;
    now = then;
    then = turn;
  }
  printf("%.4f %.17g\n", (now_ms() - start) / ROUNDS, change);
}

enum { THREADS_MAX = 64, WALKS = 20 };
static int threads;
static uint32_t bounds[THREADS_MAX + 1];
static double parts[THREADS_MAX][8];
static pthread_barrier_t together;

static double total(int which) {
  double sum = 0;
  for (int i = 0; i < threads; i++) sum += parts[i][which];
  return sum;
}

/* Rounds of diffusion over rows of as many edges for each thread. */
static void *walk(void *own) {
  int me = (int)(intptr_t)own;
  uint32_t from = bounds[me], to = bounds[me + 1];
  for (int round = 0; round < WALKS; round++) {
    double stuck = 0, mass = 0, change = 0;
    for (uint32_t i = from; i < to; i++) {
      if (out[i] == 0) stuck += now[i];
      sent[i] = out[i] == 0 ? 0 : now[i] / out[i];
    }
    parts[me][0] = stuck;
    pthread_barrier_wait(&together);
    double back = (0.15 + 0.85 * total(0)) / entries;
    for (uint32_t i = from; i < to; i++) {
      then[i] = back * degree(i) + 0.85 * gather(in_starts, in_columns, sent, i);
      mass += then[i];
    }
    parts[me][1] = mass;
    pthread_barrier_wait(&together);
    mass = total(1);
    for (uint32_t i = from; i < to; i++) {
      then[i] /= mass;
      change += fabs(then[i] - now[i]);
      now[i] = then[i];
    }
    parts[me][2] = change;
    pthread_barrier_wait(&together);
  }
  return NULL;
}

static void walk_together(void) {
  pthread_t ids[THREADS_MAX];
  struct timespec start, end;
  for (uint32_t i = 0; i < n; i++) now[i] = 1.0 / n;
  for (int at = 0, row = 0; at <= threads; bounds[at++] = row)
    while (row < (int)n && in_starts[row] < (double)edges * at / threads) row++;
  bounds[threads] = n;
  pthread_barrier_init(&together, NULL, threads);
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int i = 1; i < threads; i++)
    if (pthread_create(&ids[i], NULL, walk, (void *)(intptr_t)i)) exit(2);
  walk(NULL);
  for (int i = 1; i < threads; i++) pthread_join(ids[i], NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double ms = (end.tv_sec - start.tv_sec) * 1e3 + (end.tv_nsec - start.tv_nsec) / 1e6;
  printf("%.4f %.17g\n", ms / WALKS, total(2));
}

int main(int count, char **words) {
  threads = count > 2 ? atoi(words[2]) : 1;
  if (threads < 1 || threads > THREADS_MAX) return 2;
  FILE *file = count >= 2 ? fopen(words[1], "rb") : NULL;
  if (!file) return 2;
  uint32_t *head = take(file, 16);
  n = head[0], edges = head[1], entries = head[2];
  in_starts = take(file, 4 * ((size_t)n + 1));
  in_columns = take(file, 4 * (size_t)edges);
  all_starts = take(file, 4 * ((size_t)n + 1));
  all_columns = take(file, 4 * (size_t)entries);
  out = take(file, 8 * (size_t)n);
  double **vectors[] = {&now, &then, &sent, &last, &before, &warmth};
  for (int i = 0; i < 6; i++) *vectors[i] = take(NULL, 8 * (size_t)n);
  double sum = 0;
  for (int k = 0; k <= HEAT_TERMS; k++) {
    double term = k ? 2 : 1;
    for (int i = 1; i <= k; i++) term *= 0.5 / i;
    for (int m = 1; m <= 30; m++) factors[k] += term, term *= 0.25 / (m * (double)(m + k));
    sum += factors[k];
  }
  for (int k = 0; k <= HEAT_TERMS; k++) factors[k] /= sum;
  if (threads > 1) {
    walk_together();
    return 0;
  }
  iterate(0);
  iterate(1);
  return 0;
}
