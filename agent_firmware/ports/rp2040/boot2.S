// Second stage of RP2040's boot, for the Winbond W25Q16JV of the Raspberry Pi Pico. The ROM copies the first 256 bytes of
// flash to the end of SRAM, checks their CRC and jumps to the first: it runs wherever it lies, from the stack up. It makes
// flash readable in four-bit mode without a command before each address (continuous read), as fast as half the core's
// clock. Then, called by the ROM (lr = 0), it enters the image by its vector table; called by the firmware after it has
// erased or programmed flash, it returns. Sources: RP2040 datasheet, chapters Bootrom, SSI and Pads; W25Q16JV datasheet.
.syntax unified
.cpu cortex-m0plus
.thumb

.set XIP_SSI, 0x18000000
.set CTRLR0, 0x00
.set CTRLR1, 0x04
.set SSIENR, 0x08
.set BAUDR, 0x14
.set SR, 0x28
.set DR0, 0x60
.set SR_TRANSMIT_EMPTY, 1 << 2
.set SR_BUSY, 1 << 0

.set EIGHT_BITS_BOTH_WAYS, 7 << 16                   // DFS_32 8 bits, TMOD transmit and receive, one line
.set QUAD_READ, 2 << 21 | 31 << 16 | 3 << 8          // SPI_FRF quad, DFS_32 32 bits, TMOD EEPROM read
// SPI_CTRLR0: eight address digits (24 bits and 8 mode bits), four idle clocks; XIP_CMD; command of 8 bits or none
.set WITH_COMMAND, 4 << 11 | 2 << 8 | 8 << 2 | 1     // TRANS_TYPE: command on one line, address on four
.set WITHOUT_COMMAND, 0xA0 << 24 | 4 << 11 | 0 << 8 | 8 << 2 | 2  // all on four; mode bits 0xA0: and so on

.section .text
.global boot2
.thumb_func
boot2:
    push {r4-r7, lr}
    // Pads: clock at 8 mA and fast; data without hysteresis, which is late at this speed.
    ldr r3, =0x40020000                              // PADS_QSPI
    movs r0, #(2 << 4 | 1)                           // DRIVE 8 mA, SLEWFAST
    str r0, [r3, #0x04]                              // SCLK
    ldr r0, [r3, #0x08]                              // SD0
    movs r1, #2                                      // SCHMITT
    bics r0, r1
    str r0, [r3, #0x08]
    str r0, [r3, #0x0C]
    str r0, [r3, #0x10]
    str r0, [r3, #0x14]

    ldr r3, =XIP_SSI
    movs r5, #0
    movs r6, #1
    str r5, [r3, #SSIENR]
    movs r0, #2
    str r0, [r3, #BAUDR]                             // half of clk_sys
    movs r1, #0xF0
    str r6, [r3, r1]                                 // RX_SAMPLE_DLY: one clock later

    // Four lines need the quad enable bit of status register 2: set by the factory; set here where it is not.
    ldr r0, =EIGHT_BITS_BOTH_WAYS
    str r0, [r3, #CTRLR0]
    str r6, [r3, #SSIENR]
    movs r0, #0x35                                   // read status register 2
    bl status_register
    lsls r0, r0, #30                                 // QE, bit 1, to the sign
    bmi quad_enabled
    movs r0, #0x06                                   // write enable
    str r0, [r3, #DR0]
    bl sent
    ldr r0, [r3, #DR0]
    movs r0, #0x31                                   // write status register 2
    str r0, [r3, #DR0]
    movs r0, #2
    str r0, [r3, #DR0]
    bl sent
    ldr r0, [r3, #DR0]
    ldr r0, [r3, #DR0]
    ldr r7, =20000                                   // 15 ms at most; a round takes 4 us and more
busy:
    movs r0, #0x05                                   // read status register 1
    bl status_register
    lsrs r0, r0, #1                                  // BUSY, bit 0, to the carry
    bcc quad_enabled
    subs r7, #1
    bne busy
quad_enabled:

    // One read with its command, whose mode bits say that the next come without.
    str r5, [r3, #SSIENR]
    ldr r0, =QUAD_READ
    str r0, [r3, #CTRLR0]
    str r5, [r3, #CTRLR1]                            // one word
    ldr r1, =0x180000F4                              // SPI_CTRLR0
    ldr r0, =WITH_COMMAND
    str r0, [r1]
    str r6, [r3, #SSIENR]
    movs r0, #0xEB                                   // fast read quad I/O
    str r0, [r3, #DR0]
    movs r0, #0xA0                                   // address 0, mode bits 0xA0
    str r0, [r3, #DR0]
    bl sent

    // From here on the SSI makes such reads of every access to flash.
    str r5, [r3, #SSIENR]
    ldr r0, =WITHOUT_COMMAND
    str r0, [r1]
    str r6, [r3, #SSIENR]

    pop {r4-r7}
    pop {r0}
    cmp r0, #0
    beq enter_image
    bx r0
enter_image:
    ldr r0, =0x10000100
    ldr r1, =0xE000ED08                              // VTOR
    str r0, [r1]
    ldmia r0!, {r1, r2}
    msr msp, r1
    bx r2

// Sends the command in r0 and a byte of nothing; r0: what came back for that. Changes r2 and r4.
.thumb_func
status_register:
    mov r4, lr
    str r0, [r3, #DR0]
    str r0, [r3, #DR0]
    bl sent
    ldr r0, [r3, #DR0]
    ldr r0, [r3, #DR0]
    bx r4

// Until all that was given to the SSI is through. It shifts by itself; were it dead, there would be nothing to run.
.thumb_func
sent:
    ldr r2, [r3, #SR]
    lsrs r0, r2, #3                                  // TFE, bit 2, to the carry
    bcc sent
    lsrs r0, r2, #1                                  // BUSY, bit 0
    bcs sent
    bx lr

.ltorg
