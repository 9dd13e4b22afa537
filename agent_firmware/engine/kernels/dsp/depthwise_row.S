// depthwise_row.h in Thumb-2 with the DSP extension.
//
// 2 pixels x 4 channels: 11 instructions for a tap's 8 multiplications (LDRD of weights, 2 LDRD of inputs,
// 8 SMLA on halves). Some 90 instructions around nine taps for 8 outputs.

#include "agent_firmware/engine/kernels/dsp/requantize.inc"

  .syntax unified
  .thumb

// Frame: the fields of DepthwiseRow, at the same offsets.
  .equ ROWS, 0
  .equ WEIGHTS, 12
  .equ SCALES, 16
  .equ OUTPUT, 20
  .equ OUTPUT_STRIDE, 24
  .equ PIXEL_PAIRS, 28
  .equ ODD_PIXEL, 32
  .equ CLAMPED, 36
  .equ ACTIVATION_MIN, 40
  .equ ACTIVATION_MAX, 44
  .equ FRAME_BYTES, 48

// ip, lr: inputs; r2, r3: weights.
  .macro multiply_channels c0, c1, c2, c3
    smlabb \c0, ip, r2, \c0
    smlabb \c1, lr, r3, \c1
    smlatt \c2, ip, r2, \c2
    smlatt \c3, lr, r3, \c3
  .endm

  .macro tap column, pixels, stride
    ldrd r2, r3, [r1], #8
    ldrd ip, lr, [r0, #(8 * \column)]
    multiply_channels r4, r5, r6, r7
    .if \pixels == 2
    ldrd ip, lr, [r0, #(8 * (\column + \stride))]
    multiply_channels r8, r9, r10, r11
    .endif
  .endm

  .macro input_row index, pixels, stride
    ldr r0, [sp, #(ROWS + 4 * \index)]
    add ip, r0, #(8 * \stride * \pixels)
    str ip, [sp, #(ROWS + 4 * \index)]
    tap 0, \pixels, \stride
    tap 1, \pixels, \stride
    tap 2, \pixels, \stride
  .endm

  .macro requantize_channel first, second, pixels
    ldm ip!, {r0-r3}
    requantize_low \first
    .if \pixels == 2
    requantize_low \second
    .endif
  .endm

  .macro join_channels c0, c1, c2, c3
    bfi \c0, \c1, #8, #8
    bfi \c0, \c2, #16, #8
    bfi \c0, \c3, #24, #8
  .endm

  .macro pixels_of_row pixels, stride, suffix
    ldr r1, [sp, #WEIGHTS]
    movs r4, #0
    movs r5, #0
    movs r6, #0
    movs r7, #0
    .if \pixels == 2
    mov r8, r4
    mov r9, r4
    mov r10, r4
    mov r11, r4
    .endif
    input_row 0, \pixels, \stride
    input_row 1, \pixels, \stride
    input_row 2, \pixels, \stride
    ldr ip, [sp, #SCALES]
    requantize_channel r4, r8, \pixels
    requantize_channel r5, r9, \pixels
    requantize_channel r6, r10, \pixels
    requantize_channel r7, r11, \pixels
    ldr r0, [sp, #CLAMPED]
    cbz r0, .Lstore_\suffix
    ldrd r0, r1, [sp, #ACTIVATION_MIN]
    clamp r4
    clamp r5
    clamp r6
    clamp r7
    .if \pixels == 2
    clamp r8
    clamp r9
    clamp r10
    clamp r11
    .endif
.Lstore_\suffix:
    ldrd r0, r1, [sp, #OUTPUT]
    join_channels r4, r5, r6, r7
    str r4, [r0]
    .if \pixels == 2
    join_channels r8, r9, r10, r11
    str r8, [r0, r1]
    add r0, r0, r1, lsl #1
    str r0, [sp, #OUTPUT]
    .endif
  .endm

  .macro depthwise_row stride
  .global tinyrig_dsp_depthwise_row_stride_\stride
  .type tinyrig_dsp_depthwise_row_stride_\stride, %function
  .section .text.tinyrig_dsp_depthwise_row_stride_\stride, "ax", %progbits
  .align 2
  .thumb_func
tinyrig_dsp_depthwise_row_stride_\stride:
    push {r4-r11, lr}
    sub sp, sp, #FRAME_BYTES
    mov ip, sp
    ldm r0!, {r1-r6}
    stm ip!, {r1-r6}
    ldm r0, {r1-r6}
    stm ip, {r1-r6}
    cmp r2, #0
    beq.w .Lodd_\stride
.Lpair_\stride:
    pixels_of_row 2, \stride, pair_\stride
    ldr r0, [sp, #PIXEL_PAIRS]
    subs r0, r0, #1
    str r0, [sp, #PIXEL_PAIRS]
    bne.w .Lpair_\stride
.Lodd_\stride:
    ldr r0, [sp, #ODD_PIXEL]
    cmp r0, #0
    beq.w .Ldone_\stride
    pixels_of_row 1, \stride, odd_\stride
.Ldone_\stride:
    add sp, sp, #FRAME_BYTES
    pop {r4-r11, pc}
  .size tinyrig_dsp_depthwise_row_stride_\stride, . - tinyrig_dsp_depthwise_row_stride_\stride
  .endm

  depthwise_row 1
  depthwise_row 2
