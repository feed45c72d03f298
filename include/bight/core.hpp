// bight::core: tasks, time and the primitives, by topic.
#pragma once

// Coroutines and how they are run
#include <bight/core/any_task.hpp>         // any_task, current_task, all_tasks
#include <bight/core/awaitable.hpp>        // awaitable<T>: what a coroutine returns
#include <bight/core/callback_handle.hpp>  // callback_handle: the result of call_soon, call_later, call_at
#include <bight/core/generator.hpp>        // generator<T>: asynchronous generators
#include <bight/core/loop.hpp>             // loop: the event loop
#include <bight/core/run.hpp>              // run, run_main
#include <bight/core/runner.hpp>           // runner: several main coroutines on one loop
#include <bight/core/spawn_options.hpp>    // eager, named: options of spawned tasks
#include <bight/core/task.hpp>             // spawn, task<T>, shield
#include <bight/core/task_local.hpp>       // task_local<T>: a variable with a value per task

// Concurrency
#include <bight/core/as_completed.hpp>      // as_completed: tasks in order of completion
#include <bight/core/exception_group.hpp>   // exception_group: several errors as one
#include <bight/core/gather.hpp>            // gather: await several awaitables
#include <bight/core/map_concurrent.hpp>    // map_concurrent: a range, with a concurrency limit
#include <bight/core/race.hpp>              // race: the first to complete
#include <bight/core/settled.hpp>           // gather_settled: all results, including errors
#include <bight/core/single_flight.hpp>     // single_flight: callers with the same key share a call
#include <bight/core/supervised_group.hpp>  // supervised_group: a scope with isolated failures
#include <bight/core/task_group.hpp>        // task_group: a scope that waits for its tasks
#include <bight/core/wait.hpp>              // wait: for some of several tasks
#include <bight/core/workers.hpp>           // workers: consumers of a queue

// Time and cancellation
#include <bight/core/cancel.hpp>         // cancelled_error, this_task
#include <bight/core/clock.hpp>          // clock, forever
#include <bight/core/deadline.hpp>       // with_deadline: a deadline for everything inside
#include <bight/core/finally.hpp>        // finally, with: cleanup
#include <bight/core/sleep.hpp>          // sleep, sleep_until, yield
#include <bight/core/timeout.hpp>        // timeout, wait_for, move_on_after
#include <bight/core/uncancellable.hpp>  // uncancellable: defers cancellation

// Synchronisation and communication
#include <bight/core/barrier.hpp>            // barrier: a cyclic barrier
#include <bight/core/bounded_semaphore.hpp>  // bounded_semaphore: detects superfluous releases
#include <bight/core/broadcast.hpp>          // broadcast<T>: every item to every subscriber
#include <bight/core/condition.hpp>          // condition: a condition variable
#include <bight/core/event.hpp>              // event: a flag to wait for
#include <bight/core/future.hpp>             // future<T>, promise<T>: results of callbacks
#include <bight/core/latch.hpp>              // latch: a countdown
#include <bight/core/lifo_queue.hpp>         // lifo_queue<T>: last in, first out
#include <bight/core/lock.hpp>               // lock: a mutex
#include <bight/core/priority_queue.hpp>     // priority_queue<T>: the smallest item first
#include <bight/core/queue.hpp>              // queue<T>: first in, first out
#include <bight/core/semaphore.hpp>          // semaphore: a limit on concurrency
#include <bight/core/watch.hpp>              // watch<T>: a value with change notification

// Retries and resource limits
#include <bight/core/backoff.hpp>       // backoff: exponential delays with jitter
#include <bight/core/hedge.hpp>         // hedge: a second attempt if the first one is slow
#include <bight/core/pool.hpp>          // pool<T>: reusable objects
#include <bight/core/pool_options.hpp>  // pool_options, pool_stats
#include <bight/core/rate_limiter.hpp>  // rate_limiter: a token bucket
#include <bight/core/retry.hpp>         // retry: attempts, backoff, deadlines
#include <bight/core/retry_budget.hpp>  // retry_budget: a shared limit on retries

// I/O, processes and threads
#include <bight/core/activation.hpp>         // take_activated_descriptors: what a service manager passes
#include <bight/core/byte_source.hpp>        // byte_source, read_all, read_exactly
#include <bight/core/command.hpp>            // command, stdio: a program to start
#include <bight/core/completed_process.hpp>  // exit_status, completed_process, process_error
#include <bight/core/loop_handle.hpp>        // loop_handle: calls from other loops and threads
#include <bight/core/process_pool.hpp>       // process_pool, process_function: calls in worker processes
#include <bight/core/reader.hpp>             // reader: read_line, read_until, read_exactly, peek; line_reader
#include <bight/core/readiness.hpp>          // wait_readable, wait_writable: descriptors of other libraries
#include <bight/core/sharded.hpp>            // run_sharded, sharded: a loop per thread
#include <bight/core/shared_queue.hpp>       // shared_queue<T>: between loops and threads
#include <bight/core/signals.hpp>            // signals: signals of the process
#include <bight/core/subprocess.hpp>         // subprocess, run_process: child processes
#include <bight/core/thread_pool.hpp>        // thread_pool, run_in_executor: a pool of threads
#include <bight/core/to_thread.hpp>          // to_thread: blocking calls

// Vocabulary
#include <bight/core/unique_function.hpp>  // unique_function: a move-only function object
#include <bight/decimal.hpp>               // decimal: exact decimal numbers
#include <bight/uuid.hpp>                  // uuid: universally unique identifiers

// Errors, logging and introspection
#include <bight/core/as_result.hpp>   // as_result: system_error as a value
#include <bight/core/error.hpp>       // errc, timeout_error, ...
#include <bight/core/introspect.hpp>  // dump_tasks: all tasks and what they wait for
#include <bight/core/log.hpp>         // log, set_log_handler
#include <bight/core/metrics.hpp>     // metrics: for Prometheus

// Your own awaitable operations
#include <bight/core/awaiter.hpp>  // basic_awaiter: the awaiter protocol
