// A run of taps of a convolution's block on Cortex-M0 (conv_2d.cpp): four channels, three pixels in two words.
//
// Six of the eight sums live in high registers, which ADD reaches though MULS does not. A tap is 2 words loaded, 8 to
// load weights (LDRSB takes its offset from a register), 8 multiplications, 8 additions and 3 copies: with the loop's,
// 63 instructions for 24 multiplications.
#ifdef __ARM_ARCH_6M__
  .syntax unified
  .cpu cortex-m0
  .thumb

// weights: r1, inputs: r4 and r5, which the last channel may spoil. r6, r7: free.
  .macro load_weight at
    movs r6, #\at
    ldrsb r6, [r1, r6]
  .endm

  .macro add_channel at, outer, inner
    load_weight \at
    mov r7, r6
    muls r7, r4
    add \outer, \outer, r7
    muls r6, r5
    add \inner, \inner, r6
  .endm

  .macro add_last_channel at, outer, inner
    load_weight \at
    muls r4, r6
    add \outer, \outer, r4
    muls r6, r5
    add \inner, \inner, r6
  .endm

  .macro add_tap number
    ldr r4, [r3, #8 * \number]
    ldr r5, [r3, #8 * \number + 4]
    add_channel 4 * \number, r8, r9
    add_channel 4 * \number + 1, r10, r11
    add_channel 4 * \number + 2, r12, lr
    add_last_channel 4 * \number + 3, r2, r0
  .endm

// void tinyrig_scalar_add_run(std::uint32_t (*sums)[2], const std::int8_t* weights, const std::int8_t* end,
//                             const std::uint32_t* words)
  .section .text.tinyrig_scalar_add_run, "ax", %progbits
  .global tinyrig_scalar_add_run
  .type tinyrig_scalar_add_run, %function
  .thumb_func
tinyrig_scalar_add_run:
  push {r4-r7, lr}
  mov r4, r8
  mov r5, r9
  mov r6, r10
  mov r7, r11
  push {r0, r2, r4-r7}
  ldmia r0!, {r4-r7}
  mov r8, r4
  mov r9, r5
  mov r10, r6
  mov r11, r7
  ldmia r0!, {r4-r7}
  mov r12, r4
  mov lr, r5
  mov r2, r6
  mov r0, r7
1:
  add_tap 0
  add_tap 1
  adds r3, #16
  adds r1, #8
  ldr r7, [sp, #4]
  cmp r1, r7
  bne 1b
  pop {r1, r3}
  mov r4, r8
  mov r5, r9
  mov r6, r10
  mov r7, r11
  stmia r1!, {r4-r7}
  mov r4, r12
  mov r5, lr
  mov r6, r2
  mov r7, r0
  stmia r1!, {r4-r7}
  pop {r4-r7}
  mov r8, r4
  mov r9, r5
  mov r10, r6
  mov r11, r7
  pop {r4-r7, pc}
  .size tinyrig_scalar_add_run, . - tinyrig_scalar_add_run
#endif
