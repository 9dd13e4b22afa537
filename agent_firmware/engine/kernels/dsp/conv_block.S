// conv_block.h in Thumb-2 with the DSP extension.
//
// 4 pixels x 2 channels: 12 instructions for 16 multiplications (1 weight word, its low bytes, 2 LDRD of
// inputs, 8 SMLAD), unrolled 8 times; the first round enters where the rest of the taps fits. Some 86
// instructions around it for 8 outputs.
// 1 pixel x 2 channels: 14 instructions for 16 multiplications, with inputs and weights by LDM: on a real core
// these are 5 cycles for 4 words, so cycles part from counts here.
//
// Requantization: see Requantization in params.h; SMMULR of the doubled sum rounds as the reference does.

#include "agent_firmware/engine/kernels/dsp/requantize.inc"

  .syntax unified
  .thumb

// Frame: the fields of ConvBlock, at the same offsets, then where the unrolled loop is entered.
  .equ INPUTS, 0
  .equ INPUTS_END, 4
  .equ WEIGHTS, 8
  .equ SCALES, 12
  .equ OUTPUT, 16
  .equ OUTPUT_END, 20
  .equ OUTPUT_STRIDE, 24
  .equ CLAMPED, 28
  .equ ACTIVATION_MIN, 32
  .equ ACTIVATION_MAX, 36
  .equ ENTRY, 40
  .equ FRAME_BYTES, 48
  .equ UNROLL, 8
  .equ STEP_BYTES, 48  // of code, for one tap pair

  .macro open_frame
    push {r4-r11, lr}
    sub sp, sp, #FRAME_BYTES
    ldm r0, {r1-r10}
    stm sp, {r1-r10}
  .endm

  .macro close_frame
    add sp, sp, #FRAME_BYTES
    pop {r4-r11, pc}
  .endm

// \first = 256 A + B, \low = B. r0: doubled bias.
  .macro requantize_high first, low
    sub \first, \first, \low
    add \first, r0, \first, asr #7
    requantize \first
  .endm

  .macro step_4
    ldr.w ip, [r1], #4
    ldrd r2, r3, [r0], #8
    sxtb16.w lr, ip
    smlad r4, r2, ip, r4
    smlad r8, r2, lr, r8
    smlad r5, r3, ip, r5
    smlad r9, r3, lr, r9
    ldrd r2, r3, [r0], #8
    smlad r6, r2, ip, r6
    smlad r10, r2, lr, r10
    smlad r7, r3, ip, r7
    smlad r11, r3, lr, r11
  .endm

  .global tinyrig_dsp_conv_4_pixels
  .type tinyrig_dsp_conv_4_pixels, %function
  .section .text.tinyrig_dsp_conv_4_pixels, "ax", %progbits
  .align 2
  .thumb_func
tinyrig_dsp_conv_4_pixels:
    open_frame
    // Enter so that (tap pairs) modulo UNROLL steps remain of the first round.
    sub r2, r2, r1
    lsr r2, r2, #4
    rsb r2, r2, #0
    and r2, r2, #(UNROLL - 1)
    movs r3, #STEP_BYTES
    ldr r4, =(.Lsteps_4 + 1)
    mla r2, r2, r3, r4
    str r2, [sp, #ENTRY]
.Lchannels_4:
    ldrd r0, r3, [sp, #INPUTS]
    ldr r1, [sp, #WEIGHTS]
    movs r4, #0
    movs r5, #0
    movs r6, #0
    movs r7, #0
    mov r8, r4
    mov r9, r4
    mov r10, r4
    mov r11, r4
    ldr pc, [sp, #ENTRY]
  .align 2
.Lsteps_4:
  .rept UNROLL
    step_4
  .endr
    ldr ip, [sp, #INPUTS_END]
    cmp r0, ip
    bne.w .Lsteps_4

    str r1, [sp, #WEIGHTS]
    ldr ip, [sp, #SCALES]
    ldm ip!, {r0-r3}
    requantize_high r4, r8
    requantize_high r5, r9
    requantize_high r6, r10
    requantize_high r7, r11
    ldm ip!, {r0-r3}
    requantize_low r8
    requantize_low r9
    requantize_low r10
    requantize_low r11
    str ip, [sp, #SCALES]
    ldr r0, [sp, #CLAMPED]
    cbnz r0, .Lclamp_4
.Lstore_4:
    ldrd r0, r1, [sp, #OUTPUT]
    ldr r2, [sp, #OUTPUT_STRIDE]
    bfi r4, r8, #8, #8
    bfi r5, r9, #8, #8
    bfi r6, r10, #8, #8
    bfi r7, r11, #8, #8
    add r3, r0, r2, lsl #1
    strh r5, [r0, r2]
    strh r6, [r3]
    strh r7, [r3, r2]
    strh r4, [r0], #2
    str r0, [sp, #OUTPUT]
    cmp r0, r1
    bne.w .Lchannels_4
    close_frame
.Lclamp_4:
    ldrd r0, r1, [sp, #ACTIVATION_MIN]
    clamp r4
    clamp r5
    clamp r6
    clamp r7
    clamp r8
    clamp r9
    clamp r10
    clamp r11
    b .Lstore_4
  .ltorg
  .size tinyrig_dsp_conv_4_pixels, . - tinyrig_dsp_conv_4_pixels

// r4: first, r5: low.
  .macro step_1 input, weights
    smlad r4, \input, \weights, r4
    sxtb16.w \weights, \weights
    smlad r5, \input, \weights, r5
  .endm

  .macro steps_1
    ldm r0!, {r6-r9}
    ldm r1!, {r10, r11, ip, lr}
    step_1 r6, r10
    step_1 r7, r11
    step_1 r8, ip
    step_1 r9, lr
  .endm

  .global tinyrig_dsp_conv_1_pixel
  .type tinyrig_dsp_conv_1_pixel, %function
  .section .text.tinyrig_dsp_conv_1_pixel, "ax", %progbits
  .align 2
  .thumb_func
tinyrig_dsp_conv_1_pixel:
    open_frame
.Lchannels_1:
    ldrd r0, r3, [sp, #INPUTS]
    ldr r1, [sp, #WEIGHTS]
    movs r4, #0
    movs r5, #0
    sub r2, r3, r0
    // Tap pairs come in twos: two when their number is not a multiple of four, then four, then eight at a time.
    lsls r2, r2, #28
    beq .Lfours_1
    ldrd r6, r7, [r0], #8
    ldrd r10, r11, [r1], #8
    step_1 r6, r10
    step_1 r7, r11
.Lfours_1:
    sub r2, r3, r0
    lsls r2, r2, #27
    beq .Lmore_1
    steps_1
.Lmore_1:
    cmp r0, r3
    beq .Lsummed_1
.Leights_1:
    steps_1
    steps_1
    cmp r0, r3
    bne .Leights_1
.Lsummed_1:
    str r1, [sp, #WEIGHTS]
    ldr ip, [sp, #SCALES]
    ldm ip!, {r0-r3}
    requantize_high r4, r5
    ldm ip!, {r0-r3}
    requantize_low r5
    str ip, [sp, #SCALES]
    ldr r0, [sp, #CLAMPED]
    cbnz r0, .Lclamp_1
.Lstore_1:
    ldrd r0, r1, [sp, #OUTPUT]
    bfi r4, r5, #8, #8
    strh r4, [r0], #2
    str r0, [sp, #OUTPUT]
    cmp r0, r1
    bne .Lchannels_1
    close_frame
.Lclamp_1:
    ldrd r0, r1, [sp, #ACTIVATION_MIN]
    clamp r4
    clamp r5
    b .Lstore_1
  .size tinyrig_dsp_conv_1_pixel, . - tinyrig_dsp_conv_1_pixel
